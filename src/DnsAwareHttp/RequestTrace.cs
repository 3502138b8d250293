using System.Collections.Immutable;
using System.Net;

namespace DnsAwareHttp;

/// <summary>Tells, after a request, which address answered it, which addresses were tried, and what the request waited for.</summary>
/// <remarks>
/// <para>Put a new trace into <see cref="HttpRequestMessage.Options"/> under <see cref="DnsAwareHandler.TraceKey"/> before sending.
/// Requests without a trace pay nothing. A request that is sent more than once (redirects, a resilience handler) adds to its trace. All
/// members are safe for concurrent use, also while the request is under way.</para>
/// <para>Requests that pass through, such as those over HTTP/3, leave their trace empty.</para>
/// </remarks>
public sealed class RequestTrace
{
    /// <summary>The most attempts that are kept; later ones are counted only in <see cref="TotalAttempts"/>.</summary>
    internal const int MaxAttempts = 256;

    // HttpRequestMessage.Options allocates when it is first read. Until a first trace exists, no request can carry one, and Options is not
    // read.
    private static volatile bool _anyMade;

    private ImmutableArray<RequestAttempt> _attempts = [];
    private int _totalAttempts;
    private long _lookupTicks;
    private long _connectTicks;

    /// <summary>Makes a trace for one request.</summary>
    public RequestTrace() => _anyMade = true;

    /// <summary>The address that answered last; null while no address did. Through a proxy it is the proxy's address.</summary>
    public IPEndPoint? Endpoint => _attempts.LastOrDefault(static attempt => attempt.Outcome is RequestAttemptOutcome.Answered)?.Endpoint;

    /// <summary>The attempts in the order of their ends, 256 at most.</summary>
    public IReadOnlyList<RequestAttempt> Attempts => _attempts;

    /// <summary>The number of attempts, those that are not in <see cref="Attempts"/> included.</summary>
    public int TotalAttempts => Volatile.Read(ref _totalAttempts);

    /// <summary>The time that the request itself waited for an answer about its name.</summary>
    /// <value>Zero where a known answer was used.</value>
    public TimeSpan LookupTime => TimeSpan.FromTicks(Volatile.Read(ref _lookupTicks));

    /// <summary>The time that the request itself waited for a connection, before an address had it.</summary>
    /// <value>
    /// Zero where a connected address was chosen. If all its connections were busy, the request waits there; that time is part of
    /// <see cref="RequestAttempt.Duration"/>.
    /// </value>
    public TimeSpan ConnectTime => TimeSpan.FromTicks(Volatile.Read(ref _connectTicks));

    /// <summary>Whether a request may carry a trace.</summary>
    internal static bool AnyMade => _anyMade;

    /// <summary>The trace that a request carries, if any.</summary>
    internal static RequestTrace? Of(HttpRequestMessage request) =>
        _anyMade && CarriedOptions.TryGet(request, DnsAwareHandler.TraceKey, out RequestTrace? trace) ? trace : null;

    internal void Add(RequestAttempt attempt)
    {
        Interlocked.Increment(ref _totalAttempts);
        ImmutableInterlocked.Update(
            ref _attempts, static (attempts, added) => attempts.Length < MaxAttempts ? attempts.Add(added) : attempts, attempt);
    }

    internal void AddLookup(TimeSpan time) => Interlocked.Add(ref _lookupTicks, time.Ticks);

    internal void AddConnect(TimeSpan time) => Interlocked.Add(ref _connectTicks, time.Ticks);
}
