using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace DnsAwareHttp.Tests.Loopback;

/// <summary>
/// A DNS server on 127.0.0.1, UDP and TCP on one port, that says what a test tells it to. It shares no code with the library, so that a
/// mistake in one is not hidden by the same mistake in the other. Everything may be changed while it runs, from any thread.
/// </summary>
/// <remarks>A name that it was told nothing about does not exist (negative TTL 5 s). Names are compared without regard to case.</remarks>
public sealed class ScriptedDnsServer : IAsyncDisposable
{
    private const int TypeA = 1;
    private const int TypeCname = 5;
    private const int TypeSoa = 6;
    private const int TypeAaaa = 28;
    private const int TypeSrv = 33;

    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<string, Entry> _entries = new();
    private readonly ConcurrentDictionary<(string Name, int Type), DnsMode> _modes = new();
    private readonly ConcurrentDictionary<(string Name, int Type), int> _counts = new();
    private readonly ConcurrentBag<Task> _conversations = [];
    private readonly SemaphoreSlim _sending = new(1, 1);
    private readonly Socket _udp;
    private readonly Socket _tcp;
    private readonly Task _running;
    private TaskCompletionSource _arrived = NewSignal();
    private volatile DnsMode _mode;
    private int _disposed;
    private int _total;
    private int _tcpTotal;
    private long _delayTicks;

    private ScriptedDnsServer(Socket udp, Socket tcp)
    {
        (_udp, _tcp) = (udp, tcp);
        EndPoint = (IPEndPoint)udp.LocalEndPoint!;
        _running = Task.WhenAll(Task.Run(ServeUdpAsync), Task.Run(ServeTcpAsync));
    }

    /// <summary>Where it listens.</summary>
    public IPEndPoint EndPoint { get; }

    /// <summary>Where it listens, as an entry of <see cref="DnsCacheOptions.NameServers"/>: <c>127.0.0.1:53531</c>.</summary>
    public string Address => EndPoint.ToString();

    /// <summary>Questions that arrived, whatever became of them.</summary>
    public int TotalQueries => Volatile.Read(ref _total);

    /// <summary>Whether answers by TCP are sent in pieces, of which the first is half of their length. Default: true.</summary>
    public bool TcpInPieces { get; set; } = true;

    /// <summary>Questions that arrived by TCP.</summary>
    public int TcpQueries => Volatile.Read(ref _tcpTotal);

    /// <summary>How it treats all names for which <see cref="Behaves"/> was not called.</summary>
    public DnsMode Mode
    {
        get => _mode;
        set => _mode = value;
    }

    /// <summary>How long it thinks before each answer, in real time.</summary>
    public TimeSpan Delay
    {
        get => TimeSpan.FromTicks(Interlocked.Read(ref _delayTicks));
        set => Interlocked.Exchange(ref _delayTicks, value.Ticks);
    }

    /// <summary>Listens on a free port of 127.0.0.1.</summary>
    public static ScriptedDnsServer Start() => Start(0);

    /// <summary>Listens on 127.0.0.1 and this port; 0 takes a free one.</summary>
    public static ScriptedDnsServer Start(int port)
    {
        while (true)
        {
            Socket udp = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            Socket tcp = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                udp.Bind(new IPEndPoint(IPAddress.Loopback, port));
                tcp.Bind(udp.LocalEndPoint!);
                tcp.Listen();
                return new ScriptedDnsServer(udp, tcp);
            }
            catch (SocketException) when (port == 0)
            {
                // The UDP port was free and the TCP port was not: take another pair.
                udp.Dispose();
                tcp.Dispose();
            }
        }
    }

    /// <summary>From now on the name has exactly these addresses, IPv4 and IPv6, in this order.</summary>
    public void Says(string name, int ttl, params string[] addresses) => SaysInTurn(name, ttl, addresses);

    /// <summary>The first question of each family gets the first answer, the next one the second, and so on round.</summary>
    public void SaysInTurn(string name, int ttl, params string[][] answers) =>
        _entries[Key(name)] = new Entry(ttl, [.. answers.Select(answer => answer.Select(IPAddress.Parse).ToArray())]);

    /// <summary>From now on the name does not exist; <paramref name="negativeTtl"/> is the TTL and the MINIMUM of the SOA record, null for no SOA record.</summary>
    public void SaysNxDomain(string name, int? negativeTtl = 5) => _entries[Key(name)] = new Entry(0, []) { NegativeTtl = negativeTtl, Exists = false };

    /// <summary>From now on the name exists and has no address.</summary>
    public void SaysNoData(string name, int? negativeTtl = 5) => _entries[Key(name)] = new Entry(0, []) { NegativeTtl = negativeTtl };

    /// <summary>From now on the name is a CNAME; unless <paramref name="alone"/>, what is known of the target is part of the answer.</summary>
    public void Alias(string name, string target, int ttl, bool alone = false) => _entries[Key(name)] = new Entry(ttl, []) { Target = target, Alone = alone };

    /// <summary>From now on the service is there, and nowhere if there are no targets; what is known of a target's addresses is no part of the answer.</summary>
    public void SaysService(string name, int ttl, params (string Host, int Port, int Priority, int Weight)[] targets) =>
        _entries[Key(name)] = new Entry(ttl, []) { Services = targets.Length > 0 ? targets : [(".", 0, 0, 0)] };

    /// <summary>How often this service was asked for; UDP and TCP.</summary>
    public int ServiceQueries(string name) => _counts.GetValueOrDefault((Key(name), TypeSrv));

    /// <summary>The name is treated this way, for one family or with <see cref="AddressFamily.Unspecified"/> for both, until it is told otherwise.</summary>
    public void Behaves(string name, AddressFamily family, DnsMode mode)
    {
        foreach (int type in TypesOf(family))
        {
            _modes[(Key(name), type)] = mode;
        }
    }

    /// <summary>How often this name was asked for, for one family or with <see cref="AddressFamily.Unspecified"/> for both together; UDP and TCP.</summary>
    public int Queries(string name, AddressFamily family = AddressFamily.Unspecified) =>
        TypesOf(family).Sum(type => _counts.GetValueOrDefault((Key(name), type)));

    /// <summary>Returns once <see cref="Queries"/> is at least <paramref name="count"/>; throws <see cref="TimeoutException"/> when none arrives for 30 s.</summary>
    public async Task QueriedAsync(string name, AddressFamily family, int count)
    {
        while (true)
        {
            Task arrived = Volatile.Read(ref _arrived).Task;
            if (Queries(name, family) >= count)
            {
                return;
            }

            await arrived.WaitAsync(TimeSpan.FromSeconds(30));
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 1)
        {
            return;
        }

        await _stop.CancelAsync();
        _udp.Dispose();
        _tcp.Dispose();
        await _running;
        await Task.WhenAll(_conversations);
        _sending.Dispose();
        _stop.Dispose();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static string Key(string name) => name.TrimEnd('.').ToLowerInvariant();

    private static int[] TypesOf(AddressFamily family) => family switch
    {
        AddressFamily.InterNetwork => [TypeA],
        AddressFamily.InterNetworkV6 => [TypeAaaa],
        _ => [TypeA, TypeAaaa],
    };

    private async Task ServeUdpAsync()
    {
        byte[] buffer = new byte[65_536];
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                SocketReceiveFromResult received = await _udp.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.Any, 0), _stop.Token);
                byte[] question = buffer[..received.ReceivedBytes];
                _conversations.Add(AnswerByUdpAsync(question, received.RemoteEndPoint));
            }
            catch (Exception exception) when (exception is OperationCanceledException or ObjectDisposedException or SocketException)
            {
                // Stopping, or a client that has gone already: its port unreachable is reported here on some systems.
            }
        }
    }

    private async Task AnswerByUdpAsync(byte[] question, EndPoint client)
    {
        try
        {
            foreach (byte[] message in await ThinkAsync(question, isTcp: false))
            {
                await _sending.WaitAsync(_stop.Token);
                try
                {
                    await _udp.SendToAsync(message, client, _stop.Token);
                }
                finally
                {
                    _sending.Release();
                }
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or ObjectDisposedException or SocketException)
        {
            // Stopping, or the client has gone.
        }
    }

    private async Task ServeTcpAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                Socket client = await _tcp.AcceptAsync(_stop.Token);
                _conversations.Add(ConverseAsync(client));
            }
            catch (Exception exception) when (exception is OperationCanceledException or ObjectDisposedException or SocketException)
            {
                // Stopping, or a client that went while it was accepted.
            }
        }
    }

    private async Task ConverseAsync(Socket client)
    {
        try
        {
            await using NetworkStream stream = new(client, ownsSocket: true);
            byte[] prefix = new byte[2];
            while (await stream.ReadAtLeastAsync(prefix, 2, throwOnEndOfStream: false, _stop.Token) == 2)
            {
                byte[] question = new byte[BinaryPrimitives.ReadUInt16BigEndian(prefix)];
                await stream.ReadExactlyAsync(question, _stop.Token);
                IReadOnlyList<byte[]> messages = await ThinkAsync(question, isTcp: true);
                if (messages.Count == 0)
                {
                    return;
                }

                foreach (byte[] message in messages)
                {
                    await WriteInPiecesAsync(stream, message);
                }
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or ObjectDisposedException or IOException or SocketException)
        {
            // Stopping, or the client has gone.
        }
    }

    // The client has to put the pieces together: the prefix is cut in two, and so is the message.
    private async Task WriteInPiecesAsync(NetworkStream stream, byte[] message)
    {
        byte[] framed = [(byte)(message.Length >> 8), (byte)message.Length, .. message];
        if (!TcpInPieces)
        {
            await stream.WriteAsync(framed, _stop.Token);
            return;
        }

        await stream.WriteAsync(framed.AsMemory(0, 1), _stop.Token);
        await stream.WriteAsync(framed.AsMemory(1, framed.Length / 2), _stop.Token);
        await stream.WriteAsync(framed.AsMemory(1 + (framed.Length / 2)), _stop.Token);
    }

    private async Task<IReadOnlyList<byte[]>> ThinkAsync(byte[] bytes, bool isTcp)
    {
        if (!Question.TryRead(bytes, out Question? question))
        {
            return [];
        }

        DnsMode mode = _modes.TryGetValue((question.Name, question.Type), out DnsMode own) ? own : _mode;
        Count(question, isTcp);
        if (Delay > TimeSpan.Zero)
        {
            await Task.Delay(Delay, _stop.Token);
        }

        if (mode == DnsMode.Silent)
        {
            // Over TCP an empty list would close the connection, and that is an answer.
            await Task.Delay(isTcp ? Timeout.InfiniteTimeSpan : TimeSpan.Zero, _stop.Token);
            return [];
        }

        return Messages(question, mode, isTcp);
    }

    private void Count(Question question, bool isTcp)
    {
        Interlocked.Increment(ref _total);
        if (isTcp)
        {
            Interlocked.Increment(ref _tcpTotal);
        }

        _counts.AddOrUpdate((question.Name, question.Type), 1, (_, count) => count + 1);
        Interlocked.Exchange(ref _arrived, NewSignal()).SetResult();
    }

    private List<byte[]> Messages(Question question, DnsMode mode, bool isTcp) => mode switch
    {
        DnsMode.ServFail => [Reply.Failing(question, 2)],
        DnsMode.Refused => [Reply.Failing(question, 5)],
        DnsMode.FormErr => [Reply.Failing(question, 1)],
        DnsMode.NotImp => [Reply.Failing(question, 4)],
        DnsMode.NoEdns when question.UdpSize is not null => [Reply.Failing(question with { UdpSize = null }, 1)],
        DnsMode.NxDomain => [Reply.Failing(question, 3)],
        DnsMode.Lame => [Reply.Lame(question)],
        DnsMode.SilentToEdns when question.UdpSize is not null => [],
        DnsMode.LosesBigAnswers when !isTcp && Whole(question, isTcp).Length > 512 => [],
        DnsMode.ServFailToEdns when question.UdpSize is not null => [Reply.Failing(question with { UdpSize = null }, 2)],
        DnsMode.NotImpToEdns when question.UdpSize is not null => [Reply.Failing(question with { UdpSize = null }, 4)],
        DnsMode.RefusedToEdns when question.UdpSize is not null => [Reply.Failing(question with { UdpSize = null }, 5)],
        DnsMode.NxDomainToEdns when question.UdpSize is not null => [Reply.Failing(question with { UdpSize = null }, 3)],
        DnsMode.CopiesEdns when question.UdpSize is not null => [WithOptAmongAnswers(question, Whole(question with { UdpSize = null }, isTcp))],
        DnsMode.TruncateUdp when !isTcp => [Reply.Truncated(question)],
        DnsMode.TruncateUdpCloseTcp => isTcp ? [] : [Reply.Truncated(question)],
        DnsMode.WrongId => [WithOtherId(Whole(question, isTcp))],
        DnsMode.ForgeriesFirst => [WithOtherId(Whole(question, isTcp)), Forged(question, isTcp), Whole(question, isTcp)],
        DnsMode.WrongQuestion => [Forged(question, isTcp)],
        DnsMode.Malformed => [CutShort(Whole(question with { UdpSize = null }, isTcp))],
        _ => [Whole(question, isTcp)],
    };

    private static byte[] WithOtherId(byte[] message)
    {
        message[0] ^= 0x55;
        return message;
    }

    // The first letter of the name in the question is another one.
    private byte[] Forged(Question question, bool isTcp)
    {
        byte[] message = Whole(question, isTcp);
        message[13] = message[13] == (byte)'q' ? (byte)'z' : (byte)'q';
        return message;
    }

    private static byte[] WithOptAmongAnswers(Question question, byte[] message)
    {
        message[7]++;
        return [.. message.AsSpan(0, question.End), .. question.Bytes.AsSpan(question.End, 11), .. message.AsSpan(question.End)];
    }

    private static byte[] CutShort(byte[] message) => message[..^3];

    private byte[] Whole(Question question, bool isTcp)
    {
        Reply reply = new(question);
        string name = question.Name;
        for (int links = 0; _entries.TryGetValue(name, out Entry? entry); links++)
        {
            if (entry.Target is not null && links < 32)
            {
                reply.AddCname(name, entry.Target, entry.Ttl);
                name = Key(entry.Target);
                if (entry.Alone)
                {
                    return reply.ToArray();
                }

                continue;
            }

            if (question.Type == TypeSrv && entry.Services is not null)
            {
                reply.AddServices(name, entry.Ttl, entry.Services);
                return Fitting(question, reply.ToArray(), isTcp);
            }

            IPAddress[] addresses = question.Type == TypeSrv ? [] : entry.Next(question.Type);
            reply.AddAddresses(name, entry.Ttl, addresses);
            if (addresses.Length == 0)
            {
                reply.AddSoa(name, entry.NegativeTtl, entry.Exists);
            }

            return Fitting(question, reply.ToArray(), isTcp);
        }

        reply.AddSoa(name, negativeTtl: 5, exists: false);
        return reply.ToArray();
    }

    private static byte[] Fitting(Question question, byte[] message, bool isTcp) =>
        !isTcp && message.Length > (question.UdpSize ?? 512) ? Reply.Truncated(question) : message;

    private sealed record Entry(int Ttl, IPAddress[][] Answers)
    {
        private int _asked4 = -1;
        private int _asked6 = -1;

        public string? Target { get; init; }

        public bool Alone { get; init; }

        public (string Host, int Port, int Priority, int Weight)[]? Services { get; init; }

        public bool Exists { get; init; } = true;

        public int? NegativeTtl { get; init; } = 5;

        public IPAddress[] Next(int type)
        {
            int turn = type == TypeA ? Interlocked.Increment(ref _asked4) : Interlocked.Increment(ref _asked6);
            AddressFamily family = type == TypeA ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6;
            return Answers.Length == 0 ? [] : [.. Answers[turn % Answers.Length].Where(address => address.AddressFamily == family)];
        }
    }

    private sealed record Question(byte[] Bytes, int End, string Name, int Type, int? UdpSize)
    {
        public static bool TryRead(byte[] message, [NotNullWhen(true)] out Question? question)
        {
            question = null;
            if (message.Length < 17 || message[5] != 1)
            {
                return false;
            }

            List<string> labels = [];
            int at = 12;
            while (message[at] != 0)
            {
                labels.Add(Encoding.ASCII.GetString(message, at + 1, message[at]));
                at += message[at] + 1;
            }

            int type = BinaryPrimitives.ReadUInt16BigEndian(message.AsSpan(at + 1));
            int end = at + 5;
            int? udpSize = message[11] == 1 ? BinaryPrimitives.ReadUInt16BigEndian(message.AsSpan(end + 3)) : null;
            question = new Question(message, end, string.Join('.', labels).ToLowerInvariant(), type, udpSize);
            return true;
        }
    }

    private sealed class Reply
    {
        // Payload 1232, as most servers say it.
        private static readonly byte[] Opt = [0, 0, 41, 0x04, 0xD0, 0, 0, 0, 0, 0, 0];

        private readonly List<byte> _bytes;
        private readonly bool _hasOpt;
        private int _answers;
        private int _authorities;

        public Reply(Question question)
        {
            _hasOpt = question.UdpSize is not null;
            _bytes = [.. question.Bytes.AsSpan(0, question.End)];
            _bytes[2] = 0x85;
            _bytes[3] = 0x80;
            (_bytes[10], _bytes[11]) = (0, 0);
        }

        public static byte[] Failing(Question question, byte code)
        {
            byte[] message = new Reply(question).ToArray();
            message[3] |= code;
            return message;
        }

        public static byte[] Lame(Question question)
        {
            byte[] message = new Reply(question).ToArray();
            (message[2], message[3]) = (0x81, 0x00);
            return message;
        }

        public static byte[] Truncated(Question question)
        {
            byte[] message = new Reply(question).ToArray();
            message[2] |= 0x02;
            return message;
        }

        public void AddCname(string name, string target, int ttl)
        {
            AddRecord(name, TypeCname, ttl, NameBytes(target));
            _answers++;
        }

        public void AddAddresses(string name, int ttl, IPAddress[] addresses)
        {
            foreach (IPAddress address in addresses)
            {
                AddRecord(name, address.AddressFamily == AddressFamily.InterNetwork ? TypeA : TypeAaaa, ttl, address.GetAddressBytes());
                _answers++;
            }
        }

        public void AddServices(string name, int ttl, (string Host, int Port, int Priority, int Weight)[] services)
        {
            foreach ((string host, int port, int priority, int weight) in services)
            {
                byte[] data = new byte[6];
                BinaryPrimitives.WriteUInt16BigEndian(data, (ushort)priority);
                BinaryPrimitives.WriteUInt16BigEndian(data.AsSpan(2), (ushort)weight);
                BinaryPrimitives.WriteUInt16BigEndian(data.AsSpan(4), (ushort)port);
                AddRecord(name, TypeSrv, ttl, [.. data, .. host == "." ? [0] : NameBytes(host)]);
                _answers++;
            }
        }

        public void AddSoa(string name, int? negativeTtl, bool exists)
        {
            if (!exists)
            {
                _bytes[3] |= 3;
            }

            if (negativeTtl is int ttl)
            {
                byte[] times = new byte[20];
                BinaryPrimitives.WriteInt32BigEndian(times.AsSpan(16), ttl);
                AddRecord(name.Split('.')[^1], TypeSoa, ttl, [.. NameBytes("ns.test"), .. NameBytes("hostmaster.test"), .. times]);
                _authorities++;
            }
        }

        public byte[] ToArray()
        {
            (_bytes[6], _bytes[7]) = ((byte)(_answers >> 8), (byte)_answers);
            _bytes[9] = (byte)_authorities;
            _bytes[11] = _hasOpt ? (byte)1 : (byte)0;
            return [.. _bytes, .. _hasOpt ? Opt : []];
        }

        private void AddRecord(string name, int type, int ttl, byte[] data)
        {
            _bytes.AddRange(NameBytes(name));
            byte[] rest = new byte[10];
            BinaryPrimitives.WriteUInt16BigEndian(rest, (ushort)type);
            rest[3] = 1;
            BinaryPrimitives.WriteInt32BigEndian(rest.AsSpan(4), ttl);
            BinaryPrimitives.WriteUInt16BigEndian(rest.AsSpan(8), (ushort)data.Length);
            _bytes.AddRange(rest);
            _bytes.AddRange(data);
        }

        private static byte[] NameBytes(string name) =>
            [.. name.TrimEnd('.').Split('.').SelectMany(label => (byte[])[(byte)label.Length, .. Encoding.ASCII.GetBytes(label)]), 0];
    }
}
