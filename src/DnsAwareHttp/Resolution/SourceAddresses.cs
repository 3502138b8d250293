using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace DnsAwareHttp.Resolution;

/// <summary>The source addresses by the operating system's routing table, remembered for a few seconds.</summary>
internal sealed class SourceAddresses(TimeProvider time) : ISourceAddresses
{
    /// <summary>Routes change: a remembered source address is at most this old.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(5);

    /// <summary>With more destinations than this, all are forgotten.</summary>
    public const int MaxRemembered = 4096;

    // Port 9 is "discard". Some systems refuse to connect to port 0.
    private const int AnyPort = 9;

    private volatile Memory _memory = new(time.GetTimestamp());

    public int Remembered => _memory.Sources.Count;

    public IPAddress? For(IPAddress destination)
    {
        Memory memory = _memory;
        if (time.GetElapsedTime(memory.Began) >= Lifetime)
        {
            memory = Forget();
        }

        if (memory.Sources.TryGetValue(destination, out IPAddress? known))
        {
            return known;
        }

        if (memory.Sources.Count >= MaxRemembered)
        {
            memory = Forget();
        }

        return memory.Sources[destination] = AskSystem(destination);
    }

    // Two callers may forget at the same time. Then an address that the first caller learned is lost, and is asked for again.
    private Memory Forget() => _memory = new Memory(time.GetTimestamp());

    /// <summary>Connects a UDP socket, which looks up the route and sends nothing.</summary>
    private static IPAddress? AskSystem(IPAddress destination)
    {
        try
        {
            using Socket socket = new(destination.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            socket.Connect(new IPEndPoint(destination, AnyPort));
            return (socket.LocalEndPoint as IPEndPoint)?.Address;
        }
        catch (SocketException)
        {
            return null;
        }
    }

    private sealed class Memory(long began)
    {
        public long Began => began;

        public ConcurrentDictionary<IPAddress, IPAddress?> Sources { get; } = [];
    }
}
