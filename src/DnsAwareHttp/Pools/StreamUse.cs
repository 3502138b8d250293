namespace DnsAwareHttp.Pools;

/// <summary>Whether a connection awaits something. Its owner counts those that do.</summary>
/// <remarks>It is idle for a moment between two reads of a body. To know better, the library would have to read HTTP.</remarks>
/// <param name="owner">Counts.</param>
internal sealed class StreamUse(OpenStreams owner)
{
    private const int Idle = 0;
    private const int Busy = 1;
    private const int Lost = 2;
    private const int Closed = 3;

    private int _state;
    private bool _wasRead;

    public bool IsIdle => Volatile.Read(ref _state) == Idle;

    /// <summary>Whether a part of an answer was read, and more of it is awaited.</summary>
    public bool AwaitsMore => Volatile.Read(ref _state) == Busy && Volatile.Read(ref _wasRead);

    /// <summary>Something is sent: an answer will be awaited.</summary>
    public void OnWrite()
    {
        _wasRead = false;
        Leave(Busy);
    }

    public void OnReadBegun() => Leave(Busy);

    public void OnReadEnded()
    {
        _wasRead = true;
        int before = Volatile.Read(ref _state);
        if (before is Busy or Lost && Interlocked.CompareExchange(ref _state, Idle, before) == before)
        {
            owner.AddBusy(-1);
        }
    }

    /// <summary>The peer ended it while it was idle.</summary>
    public void Lose() => Leave(Lost);

    /// <summary>It is closed, and counts no more. Called once.</summary>
    public void Close() => owner.AddBusy(Interlocked.Exchange(ref _state, Closed) is Busy or Lost ? -1 : 0);

    private void Leave(int next)
    {
        if (Volatile.Read(ref _state) == Idle && Interlocked.CompareExchange(ref _state, next, Idle) == Idle)
        {
            owner.AddBusy(1);
        }
    }
}
