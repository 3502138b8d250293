namespace DnsAwareHttp.Concurrency;

/// <summary>Keeps the caller's async-locals from flowing into work that begins meanwhile.</summary>
internal readonly ref struct FlowSuppression
{
    private readonly AsyncFlowControl _control;
    private readonly bool _isOurs;

    private FlowSuppression(bool isOurs)
    {
        _isOurs = isOurs;
        _control = isOurs ? ExecutionContext.SuppressFlow() : default;
    }

    // The caller may have suppressed the flow itself; the runtime refuses to do it twice.
    public static FlowSuppression Begin() => new(!ExecutionContext.IsFlowSuppressed());

    public void Dispose()
    {
        if (_isOurs)
        {
            _control.Undo();
        }
    }
}
