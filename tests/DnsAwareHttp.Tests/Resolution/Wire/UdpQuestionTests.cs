using System.Net;
using System.Net.Sockets;
using System.Text;
using DnsAwareHttp.Resolution.Wire;

namespace DnsAwareHttp.Tests.Resolution.Wire;

public sealed class UdpQuestionTests : IDisposable
{
    private readonly Socket _server = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);

    public UdpQuestionTests() => _server.Bind(new IPEndPoint(IPAddress.Loopback, 0));

    public void Dispose() => _server.Dispose();

    [Fact]
    public async Task Ask_ForgeriesComeFirst_WaitsForTheAnswer()
    {
        ValueTask<DnsReply> asking = Ask("svc.test", default);
        (ushort id, EndPoint client) = await ReceiveAsync();

        await SendAsync(client, (ushort)(id + 1), "svc.test", "10.0.0.66");
        await SendAsync(client, id, "other.test", "10.0.0.66");
        await _server.SendToAsync(new byte[5], client);
        await SendAsync(client, id, "svc.test", "10.0.0.1");

        AddressOf(await asking).Should().Be("10.0.0.1");
    }

    [Fact]
    public async Task Ask_Cancelled_EndsAndItsObjectServesTheNextQuestion()
    {
        for (int count = 0; count < 3; count++)
        {
            using CancellationTokenSource caller = new();
            Task<DnsReply> lost = Ask("lost.test", caller.Token).AsTask();
            (ushort lostId, EndPoint lostClient) = await ReceiveAsync();
            await caller.CancelAsync();
            await ((Func<Task>)(() => lost)).Should().ThrowAsync<OperationCanceledException>();

            ValueTask<DnsReply> asking = Ask("svc.test", default);
            (ushort id, EndPoint client) = await ReceiveAsync();
            client.Should().NotBe(lostClient, "each question has a port of its own");
            await SendAsync(lostClient, lostId, "lost.test", "10.0.0.66");
            await SendAsync(client, id, "svc.test", "10.0.0.1");

            AddressOf(await asking).Should().Be("10.0.0.1");
        }
    }

    [Fact]
    public async Task Ask_CancelledBefore_Ends()
    {
        Task<DnsReply> asking = Ask("svc.test", new CancellationToken(canceled: true)).AsTask();

        await ((Func<Task>)(() => asking)).Should().ThrowAsync<OperationCanceledException>();
    }

    [Fact]
    public async Task Ask_ServerIsClosed_IsKnownAtOnce()
    {
        IPEndPoint closed = (IPEndPoint)_server.LocalEndPoint!;
        _server.Dispose();

        (await UdpQuestion.AskAsync(closed, Query("svc.test"), default)).Should().BeOfType<DnsReply.Silence>();
    }

    [Fact]
    public async Task Ask_NoSuchFamily_SaysThatNothingWasSent()
    {
        (await UdpQuestion.AskAsync(new ForeignEndPoint(), Query("svc.test"), default)).Should().BeOfType<DnsReply.NoSocket>();
    }

    [Fact]
    public async Task ManyQuestions_SomeAreCancelledWhileTheirAnswersArrive_NoneGetsTheAnswerToAnother()
    {
        using CancellationTokenSource stop = new();
        Task serving = ServeAsync(stop.Token);
        int answered = 0;
        await Task.WhenAll(Enumerable.Range(0, 16).Select(async worker =>
        {
            for (int number = 0; number < 150; number++)
            {
                byte last = (byte)(number % 251);
                using CancellationTokenSource caller = new();
                Task<DnsReply> asking = Ask($"w{worker}-{last}.test", caller.Token).AsTask();
                if (number % 3 == 0)
                {
                    await Task.Yield();
                    _ = caller.CancelAsync();
                }

                await ((Task)asking.WaitAsync(TimeSpan.FromSeconds(30))).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (asking.IsCompletedSuccessfully)
                {
                    AddressOf(await asking).Should().Be($"10.1.{worker}.{last}");
                    Interlocked.Increment(ref answered);
                }
                else
                {
                    (number % 3).Should().Be(0, "no datagram gets lost on the loopback");
                }
            }
        }));
        answered.Should().BeGreaterThanOrEqualTo(16 * 100);
        await stop.CancelAsync();
        await serving;
    }

    // Answers each question with the numbers in its name, the latest of those that wait first.
    private async Task ServeAsync(CancellationToken stop)
    {
        Stack<(EndPoint Client, ushort Id, string Label)> waiting = new();
        try
        {
            while (true)
            {
                byte[] question = new byte[512];
                SocketReceiveFromResult received = await _server.ReceiveFromAsync(question, new IPEndPoint(IPAddress.Any, 0), stop);
                ushort id = (ushort)((question[0] << 8) | question[1]);
                waiting.Push((received.RemoteEndPoint, id, Encoding.ASCII.GetString(question, 13, question[12])));
                while ((waiting.Count >= 4 || _server.Available == 0) && waiting.TryPop(out (EndPoint Client, ushort Id, string Label) one))
                {
                    string[] parts = one.Label[1..].Split('-');
                    await SendAsync(one.Client, one.Id, $"{one.Label}.test", $"10.1.{parts[0]}.{parts[1]}");
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }

    private ValueTask<DnsReply> Ask(string name, CancellationToken cancellationToken) =>
        UdpQuestion.AskAsync((IPEndPoint)_server.LocalEndPoint!, Query(name), cancellationToken);

    private static DnsQuery Query(string name) => new(name, DnsRecordType.A);

    private static string AddressOf(DnsReply reply) => ((DnsReply.Records)reply).Addresses.Single().ToString();

    private async Task<(ushort Id, EndPoint Client)> ReceiveAsync()
    {
        byte[] question = new byte[512];
        SocketReceiveFromResult received = await _server.ReceiveFromAsync(question, new IPEndPoint(IPAddress.Any, 0));
        return ((ushort)((question[0] << 8) | question[1]), received.RemoteEndPoint);
    }

    // The port of a question that is over may be closed: Linux reports that on the next call.
    private async Task SendAsync(EndPoint client, ushort id, string name, string address)
    {
        try
        {
            await _server.SendToAsync(new MessageBuilder(id, answers: 1).Question(name).A(name, address).Bytes, client);
        }
        catch (SocketException)
        {
            // It is closed.
        }
    }

    private sealed class ForeignEndPoint() : IPEndPoint(IPAddress.Loopback, 53)
    {
        public override AddressFamily AddressFamily => AddressFamily.AppleTalk;
    }
}
