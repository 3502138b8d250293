namespace DnsAwareHttp.Pools;

/// <summary>Whether a connection awaits something. Its owner counts those that do.</summary>
/// <remarks>It is idle for a moment between two reads of a body. To know better, the library would have to read HTTP.</remarks>
/// <param name="owner">Counts.</param>
internal sealed class StreamUse(OpenStreams owner)
{
    private const int Idle = 0;
    private const int Asked = 1;
    private const int Reading = 2;
    private const int Lost = 3;
    private const int Closed = 4;

    private int _state;
    private bool _wasRead;

    public bool IsIdle => Volatile.Read(ref _state) == Idle;

    /// <summary>Whether a part of an answer was read, and more of it is awaited.</summary>
    public bool AwaitsMore => Volatile.Read(ref _state) == Reading;

    /// <summary>Something is sent: an answer will be awaited.</summary>
    public void OnWrite()
    {
        _wasRead = false;
        Leave(Asked);
    }

    public void OnReadBegun() => Leave(_wasRead ? Reading : Asked);

    public void OnReadEnded()
    {
        _wasRead = true;
        int before = Volatile.Read(ref _state);
        if (before is Asked or Reading or Lost && Interlocked.CompareExchange(ref _state, Idle, before) == before)
        {
            owner.AddBusy(-1, before == Asked);
        }
    }

    /// <summary>The peer ended it while it was idle.</summary>
    public void Lose() => Leave(Lost);

    /// <summary>It is closed, and counts no more. Called once.</summary>
    public void Close()
    {
        int before = Interlocked.Exchange(ref _state, Closed);
        if (before is not Idle)
        {
            owner.AddBusy(-1, before == Asked);
        }
    }

    private void Leave(int next)
    {
        if (Volatile.Read(ref _state) == Idle && Interlocked.CompareExchange(ref _state, next, Idle) == Idle)
        {
            owner.AddBusy(1, next == Asked);
        }
    }
}
