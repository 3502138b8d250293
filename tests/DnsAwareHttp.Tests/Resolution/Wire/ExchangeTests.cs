using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using DnsAwareHttp.Resolution.Wire;
using DnsAwareHttp.Tests.Loopback;

namespace DnsAwareHttp.Tests.Resolution.Wire;

/// <summary>UDP and TCP over real sockets.</summary>
public sealed class ExchangeTests : IAsyncLifetime
{
    private static readonly DnsQuery Query = new("svc.test", DnsRecordType.A);
    private static readonly TimeSpan Generous = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(200);

    private readonly ScriptedDnsServer _dns = ScriptedDnsServer.Start();
    private readonly UdpExchange _udp = new(TimeProvider.System);
    private readonly TcpExchange _tcp = new(TimeProvider.System);

    public Task InitializeAsync()
    {
        _dns.Says("svc.test", 30, "10.0.0.1", "::1");
        return Task.CompletedTask;
    }

    public async Task DisposeAsync() => await _dns.DisposeAsync();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Answers_AreReceived(bool byTcp)
    {
        DnsReply reply = await Exchange(byTcp).AskAsync(new NameServer(_dns.EndPoint), Query, Generous, default);
        reply.Should().BeOfType<DnsReply.Records>().Which.Addresses.Should().Equal(IPAddress.Parse("10.0.0.1"));
        _dns.TcpQueries.Should().Be(byTcp ? 1 : 0);
    }

    [Fact]
    public async Task Udp_WaitsForTheRightAnswerAmongForgeries()
    {
        _dns.Mode = DnsMode.ForgeriesFirst;
        (await _udp.AskAsync(new NameServer(_dns.EndPoint), Query, Generous, default)).Should().BeOfType<DnsReply.Records>();
    }

    [Theory]
    [InlineData(DnsMode.WrongId)]
    [InlineData(DnsMode.WrongQuestion)]
    [InlineData(DnsMode.Silent)]
    public async Task Udp_WithoutTheRightAnswer_IsSilentWhenTheTimeIsOver(DnsMode mode)
    {
        _dns.Mode = mode;
        (await _udp.AskAsync(new NameServer(_dns.EndPoint), Query, Short, default)).Should().BeOfType<DnsReply.Silence>();
    }

    [Fact]
    public async Task Udp_ClosedPort_IsKnownAtOnce()
    {
        IPEndPoint closed = _dns.EndPoint;
        await _dns.DisposeAsync();
        long start = Stopwatch.GetTimestamp();
        (await _udp.AskAsync(new NameServer(closed), Query, TimeSpan.FromMinutes(5), default)).Should().BeOfType<DnsReply.Silence>();
        Stopwatch.GetElapsedTime(start).Should().BeLessThan(TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task Udp_DatagramThatFillsTheBuffer_CountsAsTruncated()
    {
        using Socket server = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        server.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        Task<DnsReply> asking = _udp.AskAsync(new NameServer((IPEndPoint)server.LocalEndPoint!), Query, Generous, default).AsTask();
        byte[] question = new byte[512];
        SocketReceiveFromResult received = await server.ReceiveFromAsync(question, new IPEndPoint(IPAddress.Any, 0));
        ushort id = (ushort)((question[0] << 8) | question[1]);
        byte[] answer = [.. new MessageBuilder(id, answers: 1).Question("svc.test").A("svc.test", "10.0.0.1").Bytes, .. new byte[9_000]];
        await server.SendToAsync(answer, received.RemoteEndPoint);
        (await asking).Should().BeOfType<DnsReply.Truncated>();
    }

    [Fact]
    public async Task Udp_Ids_AreNotTheSame()
    {
        using Socket server = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        server.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        using CancellationTokenSource stop = new();
        Task[] asking = [.. Enumerable.Range(0, 8).Select(_ => _udp.AskAsync(new NameServer((IPEndPoint)server.LocalEndPoint!), Query, Generous, stop.Token).AsTask())];
        HashSet<int> ids = [];
        HashSet<string> ports = [];
        for (int count = 0; count < 8; count++)
        {
            byte[] question = new byte[512];
            SocketReceiveFromResult received = await server.ReceiveFromAsync(question, new IPEndPoint(IPAddress.Any, 0));
            ids.Add((question[0] << 8) | question[1]);
            ports.Add(received.RemoteEndPoint.ToString()!);
        }

        ids.Count.Should().BeGreaterThan(4);
        ports.Should().HaveCount(8);
        await stop.CancelAsync();
        await ((Func<Task>)(() => Task.WhenAll(asking))).Should().ThrowAsync<OperationCanceledException>();
    }

    [Fact]
    public async Task Tcp_BringsWhatUdpCannot()
    {
        _dns.Says("svc.test", 30, [.. Enumerable.Range(1, 200).Select(host => $"10.0.0.{host}")]);
        (await _udp.AskAsync(new NameServer(_dns.EndPoint), Query, Generous, default)).Should().BeOfType<DnsReply.Truncated>();
        (await _tcp.AskAsync(new NameServer(_dns.EndPoint), Query, Generous, default)).Should().BeOfType<DnsReply.Records>().Which.Addresses.Should().HaveCount(200);
    }

    [Theory]
    [InlineData(DnsMode.Silent)]
    [InlineData(DnsMode.TruncateUdpCloseTcp)]
    public async Task Tcp_WithoutAnAnswer_IsSilent(DnsMode mode)
    {
        _dns.Mode = mode;
        (await _tcp.AskAsync(new NameServer(_dns.EndPoint), Query, mode == DnsMode.Silent ? Short : Generous, default)).Should().BeOfType<DnsReply.Silence>();
    }

    [Fact]
    public async Task Tcp_ClosedPort_IsSilent()
    {
        IPEndPoint closed = _dns.EndPoint;
        await _dns.DisposeAsync();
        (await _tcp.AskAsync(new NameServer(closed), Query, Generous, default)).Should().BeOfType<DnsReply.Silence>();
    }

    [Fact]
    public async Task Tcp_AnswerToAnotherQuestion_IsMalformed()
    {
        _dns.Mode = DnsMode.WrongId;
        (await _tcp.AskAsync(new NameServer(_dns.EndPoint), Query, Generous, default)).Should().BeOfType<DnsReply.Malformed>();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task MalformedAnswer_IsNamed(bool byTcp)
    {
        _dns.Mode = DnsMode.Malformed;
        (await Exchange(byTcp).AskAsync(new NameServer(_dns.EndPoint), Query, Generous, default)).Should().BeOfType<DnsReply.Malformed>();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task OnlyTheCallersToken_Cancels(bool byTcp)
    {
        _dns.Mode = DnsMode.Silent;
        using CancellationTokenSource caller = new();
        Task<DnsReply> asking = Exchange(byTcp).AskAsync(new NameServer(_dns.EndPoint), Query, Generous, caller.Token).AsTask();
        await _dns.QueriedAsync("svc.test", AddressFamily.InterNetwork, 1);
        await caller.CancelAsync();
        await ((Func<Task>)(() => asking)).Should().ThrowAsync<OperationCanceledException>();
    }

    private IDnsExchange Exchange(bool byTcp) => byTcp ? _tcp : _udp;
}
