using DnsAwareHttp.Balancing;
using DnsAwareHttp.Diagnostics;
using DnsAwareHttp.Pools;
using DnsAwareHttp.Resolution;

namespace DnsAwareHttp.Sending;

/// <summary>The attempts of one request that brought no response, each with its endpoint and its error.</summary>
/// <remarks>Nothing of the request was sent to these endpoints, unless one answered 421 (Misdirected Request).</remarks>
/// <param name="origin">The origin.</param>
/// <param name="since">When the request began to look for a connection.</param>
internal sealed class RequestAttempts(Origin origin, DateTimeOffset since = default)
{
    private const int MaxShown = 8;

    // Requests that fail a moment apart share an answer.
    private static readonly TimeSpan MaxAge = NameQuestions.AwaitedInterval;

    private readonly List<(EndpointPool Pool, Exception Error)> _attempts = [];
    private readonly List<EndpointPool> _late = [];
    private bool _hasAskedAgain;

    /// <summary>
    /// A 421 answer: the request goes elsewhere once, not twice. The caller gets this answer if no other endpoint can be connected to.
    /// </summary>
    public HttpResponseMessage? Misdirected { get; private set; }

    /// <summary>
    /// The session that the request begins; null for no session. Its endpoint is dialled although others are connected: otherwise all
    /// sessions of a start would be on the endpoint that was connected first.
    /// </summary>
    public string? Session { get; init; }

    /// <summary>What earlier attempts of the application's request have tried; null: this is the first attempt.</summary>
    public TriedEndpoints? Earlier { get; init; }

    /// <summary>The endpoints that were tried.</summary>
    public IReadOnlyCollection<EndpointPool> Pools => [.. _attempts.Select(attempt => attempt.Pool)];

    /// <summary>The endpoints whose dial took long. The request need not wait for them alone.</summary>
    public IReadOnlyList<EndpointPool> Late => _late;

    /// <summary>These attempts; null if there is no attempt. Then the picker picks.</summary>
    public RequestAttempts? OrNullIfEmpty => _attempts.Count == 0 && _late.Count == 0 && Earlier is null ? null : this;

    /// <summary>The dial of an endpoint takes long. If the request comes back to it, it waits there as long as it takes.</summary>
    public void AddLate(EndpointPool pool, HttpRequestMessage request)
    {
        _late.Add(pool);
        pool.LateDials.KeepHere(request);
    }

    /// <summary>
    /// The next endpoint to be tried: one that the application's request has not tried, if possible. One that is not late, or else a late
    /// one; null when all were tried.
    /// </summary>
    public EndpointPool? PickNext(EndpointSet? set, Random random) => PickElsewhere(set, random) ?? PickAny(set, random);

    /// <summary>Those of some endpoints that the application's request has not tried, before the others.</summary>
    public IEnumerable<EndpointPool> UntriedFirst(IEnumerable<EndpointPool> order) =>
        Earlier is null ? order : order.OrderBy(pool => Earlier.Contains(pool.Address));

    private EndpointPool? PickElsewhere(EndpointSet? set, Random random)
    {
        if (Earlier is null || set is null)
        {
            return null;
        }

        EndpointPool[] known = [.. Pools, .. _late];
        if (PickBeside([.. set.Preferred.Where(pool => Earlier.Contains(pool.Address)), .. known]) is EndpointPool untried)
        {
            return untried;
        }

        // All were tried, or have no place. The last one is not the next one, all the same.
        Earlier.BeginNextRound();
        return PickBeside([.. set.Preferred.Where(pool => Earlier.Contains(pool.Address)), .. known]);

        EndpointPool? PickBeside(EndpointPool[] avoided) =>
            set.Preferred.Any(pool => pool.Room.HasPlace && !avoided.Contains(pool)) ? set.PickOther(avoided, random) : null;
    }

    private EndpointPool? PickAny(EndpointSet? set, Random random)
    {
        EndpointPool? next = set?.PickOther([.. Pools, .. _late], random);
        EndpointPool? late = set?.Preferred.FirstOrDefault(pool => _late.Contains(pool) && !Pools.Contains(pool));
        return next is not null && set!.Preferred.Contains(next) && (late is null || next.Room.HasPlace || !late.Room.IsFree)
            ? next
            : late ?? set?.PickOther(Pools, random);
    }

    /// <summary>Whether the request takes part in the dial of an endpoint, although that is connected: its queue was slow.</summary>
    public bool MustDial(EndpointPool pool) => _late.Contains(pool) && !pool.Room.IsFree;

    private bool AnyIsUnreachable => _attempts.Exists(static attempt => !IsVersionRefused(attempt.Error));

    /// <summary>
    /// Whether one fresh answer may help: true once, and only if an endpoint could not be connected to. A bare handler looks the name up
    /// after the request came, so an older answer is not fresh.
    /// </summary>
    /// <param name="now">The time.</param>
    /// <param name="freshness">Of the answer.</param>
    public bool TryAskAgain(DateTimeOffset now, out Freshness freshness)
    {
        freshness = Freshness.Since(since > now - MaxAge ? since : now - MaxAge);
        bool mayHelp = !_hasAskedAgain && AnyIsUnreachable;
        _hasAskedAgain = true;
        return mayHelp;
    }

    public void Add(EndpointPool pool, Exception error) => _attempts.Add((pool, error));

    public void AddMisdirected(EndpointPool pool, HttpResponseMessage response)
    {
        Misdirected = response;
        Add(pool, new HttpRequestException(HttpRequestError.Unknown, "answered 421 (Misdirected Request)"));
    }

    /// <summary>
    /// All dials failed. One endpoint still gets the request, with the failure of its dial: its handler reports that in the runtime's own
    /// way.
    /// </summary>
    /// <param name="asked">The endpoint that is asked.</param>
    /// <param name="failures">The dials that failed.</param>
    public void AddAllBut(EndpointPool asked, IReadOnlyList<(EndpointPool Pool, Exception Error)> failures)
    {
        foreach ((EndpointPool pool, Exception error) in failures)
        {
            if (pool == asked)
            {
                pool.PassOnFailure(error);
            }
            else
            {
                Add(pool, error);
            }
        }
    }

    private static bool IsVersionRefused(Exception error) => error is HttpRequestException request
        && request.HttpRequestError is (HttpRequestError.VersionNegotiationError or HttpRequestError.ExtendedConnectNotSupported);

    /// <summary>The error of the request: the error of the only attempt, or an error that lists each address with its error.</summary>
    /// <remarks>If each attempt ended by the runtime's connect timeout, it is the runtime's error for that.</remarks>
    public Exception ToException()
    {
        if (_attempts.TrueForAll(static attempt => attempt.Error is OperationCanceledException))
        {
            return _attempts[^1].Error;
        }

        HttpRequestException? last = _attempts.Select(attempt => attempt.Error).OfType<HttpRequestException>().LastOrDefault();
        if (last is not null && _attempts.Count == 1)
        {
            return last;
        }

        string each = Examples.Of(
            [.. _attempts.Select(attempt => $"{attempt.Pool.Address}: {(attempt.Error.InnerException ?? attempt.Error).Message}")],
            MaxShown, "; ");
        return new HttpRequestException(
            last?.HttpRequestError ?? HttpRequestError.ConnectionError,
            $"All {_attempts.Count} addresses of {origin} failed ({origin.Host}:{origin.Port}): {each}",
            last?.InnerException ?? _attempts[^1].Error);
    }
}
