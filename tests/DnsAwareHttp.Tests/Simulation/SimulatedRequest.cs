namespace DnsAwareHttp.Tests.Simulation;

/// <summary>A request that remembers what happened to it.</summary>
internal sealed class SimulatedRequest : HttpRequestMessage
{
    private static readonly Uri Address = new("http://svc.test/");
    private int _timesSent;
    private int _timesMisdirected;
    private volatile bool _wasBroken;

    public SimulatedRequest(long step)
        : base(HttpMethod.Get, Address) => Step = step;

    /// <summary>When it was made.</summary>
    public long Step { get; }

    public CancellationTokenSource Cancellation { get; } = new();

    /// <summary>Connections that its bytes were put on.</summary>
    public int TimesSent => Volatile.Read(ref _timesSent);

    public int TimesMisdirected => Volatile.Read(ref _timesMisdirected);

    /// <summary>Whether its connection broke after it was sent.</summary>
    public bool WasBroken => _wasBroken;

    /// <summary>Where it was, for people.</summary>
    public string Trail { get; private set; } = "";

    public void NoteSent(string where)
    {
        Interlocked.Increment(ref _timesSent);
        Note($"sent to {where}");
    }

    public void NoteMisdirected() => Interlocked.Increment(ref _timesMisdirected);

    public void NoteBroken() => _wasBroken = true;

    public void Note(string what) => Trail = Trail.Length == 0 ? what : $"{Trail}, {what}";

    public override string ToString() => $"the request of step {Step} ({Trail})";
}
