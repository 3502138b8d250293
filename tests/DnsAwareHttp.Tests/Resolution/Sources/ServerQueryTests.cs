using System.Net;
using DnsAwareHttp.Resolution.Sources;
using DnsAwareHttp.Resolution.Wire;
using DnsAwareHttp.Tests.Fakes;
using DnsAwareHttp.Tests.Loopback;

namespace DnsAwareHttp.Tests.Resolution.Sources;

public sealed class ServerQueryTests
{
    private static readonly TimeSpan Generous = TimeSpan.FromSeconds(60);
    private static readonly NameServer Server = NameServer.Parse("10.0.0.1");
    private static readonly DnsReply Found = new DnsReply.Records([IPAddress.Parse("10.9.0.1")], TimeSpan.FromSeconds(60));
    private static readonly DnsSettings Settings = new([Server], [], 1, TimeSpan.FromSeconds(2), 2, Rotate: false);

    private readonly ManualTimeProvider _clock = new();
    private readonly HeldExchange _udp;
    private readonly ServerQuery _query;

    public ServerQueryTests()
    {
        _udp = new HeldExchange(_clock);
        _query = new ServerQuery(_udp, _udp, _udp, new EdnsMemory(_clock), _clock);
    }

    [Fact]
    public async Task NewServer_SilentToEdns_IsAskedWithoutItAfterAMoment_AndFromThenOn()
    {
        Task<DnsReply> asking = Ask();
        _clock.Advance(TimeSpan.FromMilliseconds(100));
        await AskedAsync(true, false);
        _udp.Asked[1].Answers(Found);
        await PassUntil(asking);
        (await asking).Should().Be(Found);
        _udp.Open.Should().Be(0);

        asking = Ask();
        await AskedAsync(true, false, false);
        _udp.Asked[2].Answers(Found);
        await asking.WaitAsync(Generous);
    }

    [Fact]
    public async Task ServerThatAnsweredWithEdns_IsWaitedForLonger()
    {
        Task<DnsReply> asking = Ask();
        _udp.Asked[0].Answers(Found);
        await asking.WaitAsync(Generous);

        asking = Ask();
        _clock.Advance(ServerRun.LateAfter - TimeSpan.FromMilliseconds(1));
        _udp.Asked.Should().HaveCount(2);
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        await AskedAsync(true, true, false);
        _udp.Asked[1].Answers(Found);
        (await asking.WaitAsync(Generous)).Should().Be(Found);
        Task<DnsReply> next = Ask();
        await AskedAsync(true, true, false, true);
        _udp.Asked[3].Answers(Found);
        await next.WaitAsync(Generous);
    }

    [Fact]
    public async Task SilentServer_IsSilentAfterItsTimeout()
    {
        Task<DnsReply> asking = Ask();
        await PassUntil(asking);

        (await asking).Should().BeOfType<DnsReply.Silence>();
        await Eventually.Holds(() => _clock.ActiveTimers == 0, "no timer runs");
    }

    private Task<DnsReply> Ask() => _query.AskAsync(Server, new DnsQuery("svc.test", DnsRecordType.A), Settings, default);

    private Task PassUntil(Task ended) => Eventually.Holds(() => { _clock.Advance(TimeSpan.FromMilliseconds(50)); return ended.IsCompleted; }, "it ends");

    private Task AskedAsync(params bool[] edns) => Eventually.Holds(() => _udp.Asked.Select(held => held.Query.Edns).SequenceEqual(edns), "it is asked");
}
