using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace DnsAwareHttp.Benchmarks;

/// <summary>How a <see cref="CaseServer"/> treats questions.</summary>
internal enum CaseMode
{
    Answers,
    AnswersOther,
    Silent,
    LosesOne,
    Late,
    ServFail,
    NxDomain,
    AliasAlone,
    AliasLoop,
    Truncates,
    TruncatesInPieces,
    ForgedSender,
    ForgedQuestion,
}

/// <summary>A name server on port 53 of one address, for <see cref="ResolverCases"/>. Each name has one address of each family.</summary>
internal sealed class CaseServer : IAsyncDisposable
{
    private const int TypeA = 1;
    private const int TypeAaaa = 28;
    private const string Target = "target";

    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<string, bool> _asked = [];
    private readonly UdpClient _udp;
    private readonly UdpClient _stranger;
    private readonly TcpListener _tcp;
    private readonly Task _running;

    private CaseServer(string address)
    {
        IPAddress own = IPAddress.Parse(address);
        _udp = new UdpClient(new IPEndPoint(own, 53));
        _stranger = new UdpClient(new IPEndPoint(IPAddress.Parse("127.0.0.66"), 0));
        _tcp = new TcpListener(own, 53);
        _tcp.Start();
        _running = Task.WhenAll(Task.Run(ServeUdpAsync), Task.Run(ServeTcpAsync));
    }

    private CaseMode Mode { get; set; }

    /// <summary>Reads a <see cref="CaseMode"/> from each line of the input, says when it is in effect, and ends with the input.</summary>
    public static async Task<int> RunAsync(string address)
    {
        await using CaseServer server = new(address);
        while (await Console.In.ReadLineAsync() is string line)
        {
            server.Mode = Enum.Parse<CaseMode>(line);
            await Console.Out.WriteLineAsync(line);
        }

        return 0;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _udp.Dispose();
        _stranger.Dispose();
        _tcp.Dispose();
        _stop.Dispose();
    }

    private async Task ServeUdpAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                UdpReceiveResult question = await _udp.ReceiveAsync(_stop.Token);
                _ = AnswerAsync(question.Buffer, question.RemoteEndPoint);
            }
            catch (Exception exception) when (exception is OperationCanceledException or SocketException)
            {
                // The end, or a client that is gone.
            }
        }
    }

    private async Task AnswerAsync(byte[] question, IPEndPoint client)
    {
        switch (Mode)
        {
            case CaseMode.Silent:
            case CaseMode.LosesOne when _asked.TryAdd(Encoding.ASCII.GetString(question, 12, End(question) - 12), true):
                return;
            case CaseMode.Late:
                await Task.Delay(100);
                break;
            case CaseMode.ForgedSender:
                await _stranger.SendAsync(Reply(question, "6.6.6.6", "2001:db8:6::6"), client);
                await Task.Delay(50);
                break;
            case CaseMode.ForgedQuestion:
                byte[] forged = Reply(question, "6.6.6.6", "2001:db8:6::6");
                forged[13] = (byte)'z';
                await _udp.SendAsync(forged, client);
                await Task.Delay(50);
                break;
        }

        await _udp.SendAsync(Mode switch
        {
            CaseMode.ServFail => Header(question, 0x8182, 0),
            CaseMode.NxDomain => Header(question, 0x8183, 0),
            CaseMode.Truncates or CaseMode.TruncatesInPieces => Header(question, 0x8380, 0),
            CaseMode.AliasAlone when !IsTarget(question) => Alias(question, Target),
            CaseMode.AliasLoop => Alias(question, IsTarget(question) ? "loop" : Target),
            CaseMode.AnswersOther => Reply(question, "10.0.0.2", "2001:db8::2"),
            _ => Reply(question, "10.0.0.1", "2001:db8::1"),
        }, client);
    }

    private async Task ServeTcpAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                TcpClient client = await _tcp.AcceptTcpClientAsync(_stop.Token);
                client.NoDelay = true;
                _ = ConverseAsync(client);
            }
            catch (Exception exception) when (exception is OperationCanceledException or SocketException)
            {
                // The end, or a client that is gone.
            }
        }
    }

    private async Task ConverseAsync(TcpClient client)
    {
        using TcpClient connection = client;
        try
        {
            NetworkStream stream = connection.GetStream();
            byte[] length = new byte[2];
            while (await stream.ReadAtLeastAsync(length, 2, throwOnEndOfStream: false, _stop.Token) == 2)
            {
                byte[] question = new byte[BinaryPrimitives.ReadUInt16BigEndian(length)];
                await stream.ReadExactlyAsync(question, _stop.Token);
                byte[] reply = Reply(question, "10.0.0.1", "2001:db8::1");
                byte[] framed = [(byte)(reply.Length >> 8), (byte)reply.Length, .. reply];
                int cut = Mode == CaseMode.TruncatesInPieces ? 1 : 0;
                await stream.WriteAsync(framed.AsMemory(0, cut), _stop.Token);
                await Task.Delay(cut * 20);
                await stream.WriteAsync(framed.AsMemory(cut), _stop.Token);
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException)
        {
            // The end, or a client that is gone.
        }
    }

    private static byte[] Reply(byte[] question, string ipv4, string ipv6) => Type(question) switch
    {
        TypeA => Record(question, TypeA, IPAddress.Parse(ipv4).GetAddressBytes()),
        TypeAaaa => Record(question, TypeAaaa, IPAddress.Parse(ipv6).GetAddressBytes()),
        _ => Header(question, 0x8180, 0),
    };

    // The first label is another one, the rest of the name is that of the question.
    private static byte[] Alias(byte[] question, string label) =>
        Record(question, 5, [(byte)label.Length, .. Encoding.ASCII.GetBytes(label), 0xC0, (byte)(13 + question[12])]);

    private static byte[] Record(byte[] question, int type, byte[] data) =>
        [.. Header(question, 0x8180, 1), 0xC0, 12, 0, (byte)type, 0, 1, 0, 0, 0, 1, 0, (byte)data.Length, .. data];

    private static byte[] Header(byte[] question, int flags, byte answers) =>
        [question[0], question[1], (byte)(flags >> 8), (byte)flags, 0, 1, 0, answers, 0, 0, 0, 0, .. question.AsSpan(12, End(question) - 12)];

    private static bool IsTarget(byte[] question) => question[12] == Target.Length && Encoding.ASCII.GetString(question, 13, Target.Length) == Target;

    private static int Type(byte[] question) => question[End(question) - 3];

    private static int End(byte[] question) => question.AsSpan(12).IndexOf((byte)0) + 12 + 5;
}
