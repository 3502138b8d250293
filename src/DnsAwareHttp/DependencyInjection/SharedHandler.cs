namespace DnsAwareHttp.DependencyInjection;

/// <summary>Passes requests of a pipeline to a handler that the pipeline does not own and must not dispose.</summary>
internal sealed class SharedHandler(DnsAwareHandler shared) : DelegatingHandler(shared)
{
    protected override void Dispose(bool disposing)
    {
        // DelegatingHandler would dispose the handler within, and the next rotation would find it closed.
    }
}
