using System.Net;
using System.Net.Sockets;
using DnsAwareHttp.Resolution.Wire;
using DnsAwareHttp.Tests.Fakes;
using DnsAwareHttp.Tests.Loopback;

namespace DnsAwareHttp.Tests.Resolution.Wire;

/// <summary>Answers by UDP from somebody who is not the server, or not to this question.</summary>
public sealed class ForgedAnswerTests : IDisposable
{
    private static readonly DnsQuery Query = new("svc.test", DnsRecordType.A);
    private static readonly TimeSpan Generous = TimeSpan.FromSeconds(60);

    private readonly Socket _server = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private readonly UdpExchange _udp = new(TimeProvider.System);

    public ForgedAnswerTests() => _server.Bind(new IPEndPoint(IPAddress.Loopback, 0));

    private IPEndPoint Server => (IPEndPoint)_server.LocalEndPoint!;

    public void Dispose() => _server.Dispose();

    [Fact]
    public async Task AnswerToAQuestionThatWasGivenUp_IsNotTakenForTheNextOne()
    {
        using CancellationTokenSource patience = new();
        Task<DnsReply> first = AskAsync(cancellationToken: patience.Token);
        (ushort before, EndPoint firstPort) = await QuestionAsync();
        await patience.CancelAsync();
        await ((Func<Task>)(() => first)).Should().ThrowAsync<OperationCanceledException>();

        Task<DnsReply> second = AskAsync();
        (ushort id, EndPoint secondPort) = await QuestionAsync();
        secondPort.Should().NotBe(firstPort);
        await AnswerAsync(secondPort, before == id ? (ushort)(id + 1) : before, "10.9.9.9");
        await AnswerAsync(secondPort, id, "10.0.0.1");

        await ShouldBeRight(second);
    }

    [Fact]
    public async Task AnswerFromAnotherPort_IsNotEvenSeen()
    {
        using Socket other = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        other.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        Task<DnsReply> asking = AskAsync();
        (ushort id, EndPoint port) = await QuestionAsync();
        await other.SendToAsync(Answer(id, "10.9.9.9"), port);
        await AnswerAsync(port, id, "10.0.0.1");

        await ShouldBeRight(asking);
    }

    [LinuxFact]
    public async Task AnswerFromAnotherAddressAndTheRightPort_IsNotEvenSeen()
    {
        using Socket other = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        other.Bind(new IPEndPoint(IPAddress.Parse("127.0.0.2"), Server.Port));
        Task<DnsReply> asking = AskAsync();
        (ushort id, EndPoint port) = await QuestionAsync();
        await other.SendToAsync(Answer(id, "10.9.9.9"), port);
        await AnswerAsync(port, id, "10.0.0.1");

        await ShouldBeRight(asking);
    }

    [Fact]
    public async Task AllWrongIds_ThenTheRightOne_IsTheRightOne()
    {
        Task<DnsReply> asking = AskAsync();
        (ushort id, EndPoint port) = await QuestionAsync();
        byte[] forged = Answer(0, "10.9.9.9");
        for (int guess = 0; guess <= ushort.MaxValue; guess++)
        {
            if (guess != id)
            {
                (forged[0], forged[1]) = ((byte)(guess >> 8), (byte)guess);
                await _server.SendToAsync(forged, port);
            }
        }

        // The flood may have filled the socket's buffer, and then the right answer is lost as any other.
        await Eventually.Holds(
            () =>
            {
                _server.SendTo(Answer(id, "10.0.0.1"), port);
                return asking.IsCompleted;
            },
            "the right answer arrives");
        await ShouldBeRight(asking);
    }

    [Fact]
    public async Task AllWrongIdsAndNoRightOne_IsSilence()
    {
        Task<DnsReply> asking = AskAsync(timeout: TimeSpan.FromMilliseconds(300));
        (ushort id, EndPoint port) = await QuestionAsync();
        for (int guess = 1; guess < 2_000; guess++)
        {
            await AnswerAsync(port, (ushort)(id + guess), "10.9.9.9");
        }

        (await asking).Should().BeOfType<DnsReply.Silence>();
    }

    [Theory]
    [InlineData("svc.test.evil", 1, 1)]
    [InlineData("evil.svc.test", 1, 1)]
    [InlineData("svc.test", 28, 1)]
    [InlineData("svc.test", 1, 3)]
    public async Task RightIdAndAnotherQuestion_IsPassedOver(string name, int type, int cls)
    {
        Task<DnsReply> asking = AskAsync();
        (ushort id, EndPoint port) = await QuestionAsync();
        await _server.SendToAsync(new MessageBuilder(id, answers: 1).Question(name, type, cls).A("svc.test", "10.9.9.9").Bytes, port);
        await AnswerAsync(port, id, "10.0.0.1");

        await ShouldBeRight(asking);
    }

    private Task<DnsReply> AskAsync(TimeSpan? timeout = null, CancellationToken cancellationToken = default) =>
        _udp.AskAsync(new NameServer(Server), Query, timeout ?? Generous, cancellationToken).AsTask();

    private async Task<(ushort Id, EndPoint Port)> QuestionAsync()
    {
        byte[] question = new byte[512];
        SocketReceiveFromResult received = await _server.ReceiveFromAsync(question, new IPEndPoint(IPAddress.Any, 0)).WaitAsync(Generous);
        return ((ushort)((question[0] << 8) | question[1]), received.RemoteEndPoint);
    }

    private async Task AnswerAsync(EndPoint port, ushort id, string address) => await _server.SendToAsync(Answer(id, address), port);

    private static byte[] Answer(ushort id, string address) => new MessageBuilder(id, answers: 1).Question("svc.test").A("svc.test", address).Bytes;

    private static async Task ShouldBeRight(Task<DnsReply> asking) =>
        (await asking.WaitAsync(Generous)).Should().BeOfType<DnsReply.Records>().Which.Addresses.Should().Equal(IPAddress.Parse("10.0.0.1"));
}
