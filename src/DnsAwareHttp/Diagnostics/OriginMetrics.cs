using System.Net;
using System.Net.Sockets;

namespace DnsAwareHttp.Diagnostics;

/// <summary>What is measured of one origin, or of all origins beyond the bound.</summary>
/// <remarks>Names of addresses are no tags here: addresses that come and go leave no series.</remarks>
internal sealed class OriginMetrics
{
    private readonly DnsAwareMetrics _metrics;
    private readonly TagSet _fresh;
    private readonly TagSet _stale;
    private readonly TagSet _missed;
    private readonly EndpointMetrics _ipv4;
    private readonly EndpointMetrics _ipv6;
    private readonly TagSet?[] _ofStates = new TagSet?[Enum.GetValues<CountedState>().Length];
    private int _toldStates;
    private bool _isWaitingTold;
    private long _retransmits = -1;

    /// <param name="metrics">The meter.</param>
    /// <param name="tags">The name and the port.</param>
    public OriginMetrics(DnsAwareMetrics metrics, TagSet tags)
    {
        _metrics = metrics;
        Common = tags;
        (_fresh, _stale, _missed) = (OfResult("fresh"), OfResult("stale"), OfResult("miss"));
        (_ipv4, _ipv6) = (new EndpointMetrics(this, tags, isIPv6: false), new EndpointMetrics(this, tags, isIPv6: true));

        TagSet OfResult(string result) => tags.With(Tags.CacheResult, result);
    }

    /// <summary>Measures nothing.</summary>
    public static OriginMetrics None { get; } = DnsAwareMetrics.None.OriginOf("", 0);

    /// <summary>The tags of all that is measured of the origin.</summary>
    public TagSet Common { get; }

    public MetricInstruments? Instruments => _metrics.Instruments;

    /// <summary>Whether a listener wants the requests by what is known of the name.</summary>
    public bool CountsCacheRequests => Instruments?.CacheRequests is { Enabled: true };

    /// <summary>Whether a listener wants the requests that go to another address.</summary>
    public bool CountsFailovers => Instruments?.Failovers is { Enabled: true };

    /// <summary>Segments that were sent again; null before the first look at a connection.</summary>
    public long? Retransmits => Volatile.Read(ref _retransmits) is long count and >= 0 ? count : null;

    /// <summary>The metrics of an endpoint.</summary>
    /// <param name="address">Its address.</param>
    /// <param name="isTagged">Whether the address is a tag.</param>
    public EndpointMetrics EndpointOf(IPEndPoint address, bool isTagged)
    {
        EndpointMetrics ofFamily = address.AddressFamily is AddressFamily.InterNetworkV6 ? _ipv6 : _ipv4;
        return isTagged
            ? _metrics.EndpointOf(this, address, ofFamily.Of, ofFamily.OfOthers)
            : ofFamily;
    }

    /// <summary>A request came.</summary>
    /// <param name="isKnown">Whether an address is known.</param>
    /// <param name="isStale">Whether the addresses are in use after their TTL, because questions fail.</param>
    public void OnRequest(bool isKnown, bool isStale) =>
        (!isKnown ? _missed : isStale ? _stale : _fresh).Count(Instruments?.CacheRequests);

    public void OnJoined() =>
        Common.Count(Instruments?.MembershipChanges, 1, Tags.Of(Tags.MembershipChange, "joined"));

    public void OnLeft(DepartureReason reason) => Common.Count(
        Instruments?.MembershipChanges, 1, Tags.Of(Tags.MembershipChange, "left"), Of(reason));

    /// <summary>The last connection of an endpoint that left has ended.</summary>
    public void OnDrained(DepartureReason reason, TimeSpan duration, int graceful, int cut)
    {
        Common.Record(Instruments?.DrainDuration, duration, Of(reason));
        Common.Count(Instruments?.DrainedConnections, graceful, Tags.Of(Tags.DrainOutcome, "graceful"));
        Common.Count(Instruments?.DrainedConnections, cut, Tags.Of(Tags.DrainOutcome, "cut"));
    }

    /// <summary>The last connection to an address has ended that an answer lacked.</summary>
    /// <param name="duration">The time since that answer.</param>
    public void OnConverged(TimeSpan duration) => Common.Record(Instruments?.ConvergenceDuration, duration);

    public void OnMisdirected() => Common.Count(Instruments?.MisdirectedRequests);

    /// <summary>A request goes to another address.</summary>
    /// <param name="errorType">The class of the failure.</param>
    public void OnFailover(string errorType) =>
        Common.Count(Instruments?.Failovers, 1, Tags.Of(Tags.ErrorType, errorType));

    /// <summary>A request need not wait any more.</summary>
    public void OnWaited(bool isForDns, TimeSpan duration) => Common.Record(
        Instruments?.WaitDuration, duration, Tags.Of(Tags.WaitKind, isForDns ? "dns" : "connection"));

    /// <summary>Segments of a connection were sent again since it was last looked at.</summary>
    public void AddRetransmits(long count)
    {
        Interlocked.CompareExchange(ref _retransmits, 0, -1);
        Interlocked.Add(ref _retransmits, count);
    }

    /// <summary>The tags of a number of endpoints.</summary>
    public TagSet OfState(CountedState state) =>
        _ofStates[(int)state] ??= Common.With(
            Tags.EndpointState, state is CountedState.BackingOff ? "backoff" : EnumNames<CountedState>.Of(state));

    /// <summary>Whether the number of endpoints in a state is told: from the first endpoint on, also when it is 0 again.</summary>
    public bool IsTold(CountedState state, long count)
    {
        int bit = 1 << (int)state;
        int told = count > 0 ? Interlocked.Or(ref _toldStates, bit) | bit : Volatile.Read(ref _toldStates);
        return (told & bit) != 0;
    }

    /// <summary>Whether the number of waiting requests is told: from the first look at the open origin on.</summary>
    public bool IsWaitingTold(bool isOpen) => _isWaitingTold |= isOpen;

    private static KeyValuePair<string, object?> Of(DepartureReason reason) =>
        Tags.Of(Tags.DepartureReason, EnumNames<DepartureReason>.Of(reason));
}
