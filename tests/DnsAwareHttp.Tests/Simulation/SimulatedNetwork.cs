using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace DnsAwareHttp.Tests.Simulation;

/// <summary>A network of addresses that behave as the simulation says. Behind those that accept are listeners on the loopback.</summary>
internal sealed class SimulatedNetwork : IDisposable
{
    private const int ListenerCount = 4;

    private readonly Tally _tally;
    private readonly Socket[] _listeners;
    private readonly Lock[] _connecting;
    private readonly ConcurrentDictionary<IPAddress, AddressBehaviour> _behaviours = new();
    private readonly Bag<Dial> _waiting = new();
    private readonly Bag<Socket> _farEnds = new();
    private readonly Bag<SafeSocketHandle> _nearEnds = new();
    private readonly ConditionalWeakTable<Socket, IPAddress> _peers = [];
    private readonly Lock _sync = new();
    private int _turn;

    public SimulatedNetwork(Tally tally)
    {
        _tally = tally;
        _listeners = [.. Enumerable.Range(0, ListenerCount).Select(_ => Listen())];
        _connecting = [.. _listeners.Select(_ => new Lock())];
    }

    /// <summary>Connects made to wait or swallowed.</summary>
    public int Waiting => _waiting.Count;

    public AddressBehaviour BehaviourOf(IPAddress address) => _behaviours.GetValueOrDefault(address);

    /// <summary>Whether the peer of a socket acknowledges nothing.</summary>
    public bool IsSilent(Socket socket) =>
        _peers.TryGetValue(socket, out IPAddress? peer) && BehaviourOf(peer) is AddressBehaviour.IsSilent;

    /// <summary>From now on the address behaves so.</summary>
    /// <remarks>Once it accepts, those that were waiting for it are let in: a system sends its SYN again.</remarks>
    public void Become(IPAddress address, AddressBehaviour behaviour)
    {
        List<Dial> released = [];
        lock (_sync)
        {
            _behaviours[address] = behaviour;
            if (behaviour is AddressBehaviour.Accepts)
            {
                released = _waiting.DrawAll(dial => dial.Address.Equals(address));
            }
        }

        foreach (Dial dial in released)
        {
            dial.Verdict.TrySetResult(true);
        }
    }

    /// <summary>The way in: takes the place of <see cref="Socket.ConnectAsync(EndPoint, CancellationToken)"/>.</summary>
    public ValueTask ConnectAsync(Socket socket, IPEndPoint address, CancellationToken cancellationToken)
    {
        _nearEnds.Add(socket.SafeHandle);
        _peers.Add(socket, address.Address);
        Dial dial;
        lock (_sync)
        {
            AddressBehaviour behaviour = BehaviourOf(address.Address);
            switch (behaviour)
            {
                case AddressBehaviour.Accepts or AddressBehaviour.BreaksHandshakes:
                    break;
                case AddressBehaviour.Refuses:
                    _tally.Count(Happening.Refused);
                    throw new SocketException((int)SocketError.ConnectionRefused);
                default:
                    _tally.Count(behaviour is AddressBehaviour.Waits ? Happening.MadeToWait : Happening.Swallowed);
                    dial = new Dial(address.Address, behaviour is not AddressBehaviour.Waits);
                    _waiting.Add(dial);
                    return new ValueTask(WaitAsync(dial, socket, cancellationToken));
            }
        }

        // At once, whatever the clock of the simulation does in the meantime: this address does accept.
        Connect(socket);
        return ValueTask.CompletedTask;
    }

    /// <summary>Lets one of those that wait in, or refuses it.</summary>
    /// <returns>Whether there was one.</returns>
    public bool DecideOne(Random random)
    {
        List<Dial> waiting = _waiting.DrawAll(static dial => !dial.IsSwallowed);
        if (waiting.Count == 0)
        {
            return false;
        }

        Dial decided = waiting[random.Next(waiting.Count)];
        waiting.Remove(decided);
        waiting.ForEach(_waiting.Add);
        return decided.Verdict.TrySetResult(random.Next(4) != 0);
    }

    /// <summary>The far end of some connection, idle or not, goes away.</summary>
    public bool BreakOne(Random random)
    {
        if (_farEnds.Draw(random) is not Socket far)
        {
            return false;
        }

        _tally.Count(Happening.FarEndsBroken);
        Close(far);
        return true;
    }

    /// <summary>Far ends whose near end is open.</summary>
    public int CountOpenFarEnds()
    {
        foreach (Socket closed in _farEnds.DrawAll(static far => far.Poll(0, SelectMode.SelectRead)))
        {
            Close(closed);
        }

        return _farEnds.Count;
    }

    /// <summary>Sockets that were ever given to connect and that nobody has closed.</summary>
    public int CountOpenNearEnds()
    {
        _nearEnds.DrawAll(static near => near.IsClosed);
        return _nearEnds.Count;
    }

    public void Dispose()
    {
        foreach (Socket socket in (Socket[])[.. _listeners, .. _farEnds.DrawAll(static _ => true)])
        {
            socket.Dispose();
        }
    }

    private static Socket Listen()
    {
        Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        return listener;
    }

    // No end lingers: with so many connections the system would run out of ports.
    private static void Close(Socket socket)
    {
        socket.LingerState = new LingerOption(true, 0);
        socket.Dispose();
    }

    private async Task WaitAsync(Dial dial, Socket socket, CancellationToken cancellationToken)
    {
        try
        {
            if (!await dial.Verdict.Task.WaitAsync(cancellationToken))
            {
                throw new SocketException((int)SocketError.ConnectionRefused);
            }
        }
        catch (OperationCanceledException)
        {
            _waiting.DrawAll(other => other == dial);
            throw;
        }

        _tally.Count(Happening.AcceptedLate);
        Connect(socket);
    }

    private void Connect(Socket socket)
    {
        int turn = (int)((uint)Interlocked.Increment(ref _turn) % ListenerCount);
        socket.LingerState = new LingerOption(true, 0);
        lock (_connecting[turn])
        {
            socket.Connect(_listeners[turn].LocalEndPoint!);
            _farEnds.Add(_listeners[turn].Accept());
        }

        _tally.Count(Happening.Connected);
    }

    private sealed class Dial(IPAddress address, bool isSwallowed)
    {
        public IPAddress Address => address;

        public bool IsSwallowed => isSwallowed;

        /// <summary>Whether it is accepted.</summary>
        public TaskCompletionSource<bool> Verdict { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
