namespace DnsAwareHttp.DependencyInjection;

/// <summary>A pipeline's way to a handler that is not the pipeline's to dispose.</summary>
internal sealed class SharedHandler(DnsAwareHandler shared) : DelegatingHandler(shared)
{
    protected override void Dispose(bool disposing)
    {
        // DelegatingHandler would dispose the handler within, and the next rotation would find it closed.
    }
}
