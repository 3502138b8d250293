using System.Collections.Immutable;
using DnsAwareHttp.Balancing;
using DnsAwareHttp.Concurrency;

namespace DnsAwareHttp.Endpoints;

/// <summary>The set of endpoints that requests are offered, and the signal that there is one.</summary>
/// <param name="scope">The origin.</param>
/// <param name="sync">The origin's lock.</param>
internal sealed class OfferedEndpoints(OriginScope scope, OrderedLock sync)
{
    private readonly EndpointProber? _prober = EndpointProber.Of(scope);
    private volatile EndpointSet? _current;
    private volatile TaskCompletionSource _known = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isClosed;

    /// <summary>The set; null while nothing is known, and when closed. A request reads it once, without a lock.</summary>
    public EndpointSet? Current => _current;

    public bool IsClosed => _isClosed;

    /// <summary>Whether requests go to the next priority while the first one is only partly usable.</summary>
    public bool SpillsOver { get; init; }

    /// <summary>Ends when there are endpoints, or the origin is closed.</summary>
    public Task Known => _known.Task;

    /// <summary>Offers these endpoints from now on.</summary>
    public void Publish_NeedsLock(ImmutableArray<EndpointPlacement> placements)
    {
        sync.AssertHeld();
        if (_isClosed)
        {
            return;
        }

        EndpointSet? next = EndpointSet.Of(
            placements, scope.Options.LoadBalancing, scope.Random, _current, scope.Options.OutlierDetection.MaxEjectedShare, SpillsOver);
        if (next is null && _known.Task.IsCompleted)
        {
            _known = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        foreach (EndpointPlacement placement in placements)
        {
            placement.Pool.LateDials.HaveCompany = placements.Length > 1;
        }

        _prober?.Follow(next); // Who sees an endpoint can ask for its probe.
        _current = next;
        if (next is not null)
        {
            _known.TrySetResult();
        }
    }

    /// <summary>Offers nothing any more.</summary>
    /// <returns>False if it was closed before.</returns>
    public bool Close_NeedsLock()
    {
        sync.AssertHeld();
        if (_isClosed)
        {
            return false;
        }

        _isClosed = true;
        _current = null;
        _known.TrySetResult();
        return true;
    }
}
