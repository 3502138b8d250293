using System.Net;

namespace DnsAwareHttp.Diagnostics;

/// <summary>What is measured of one endpoint. Unless addresses are tags, all endpoints of an origin and a family share it.</summary>
internal sealed class EndpointMetrics
{
    private readonly OriginMetrics _origin;
    private readonly TagSet _tags;
    private readonly TagSet _ofFamily;
    private readonly TagSet _onNew;
    private readonly TagSet _onReused;
    private readonly bool _isIPv6;
    private EndpointMetrics? _others;

    /// <param name="origin">The origin.</param>
    /// <param name="tags">The tags of the endpoint.</param>
    /// <param name="isIPv6">The family of its address.</param>
    public EndpointMetrics(OriginMetrics origin, TagSet tags, bool isIPv6)
    {
        (_origin, _tags, _isIPv6) = (origin, tags, isIPv6);
        _ofFamily = tags.With(Tags.NetworkType, isIPv6 ? "ipv6" : "ipv4");
        (_onNew, _onReused) = (tags.With(Tags.ConnectionState, "new"), tags.With(Tags.ConnectionState, "reused"));
    }

    /// <summary>Measures nothing.</summary>
    public static EndpointMetrics None { get; } = OriginMetrics.None.EndpointOf(new IPEndPoint(IPAddress.Any, 0), isTagged: false);

    /// <summary>The metrics of the addresses beyond the bound.</summary>
    public EndpointMetrics OfOthers =>
        _others ??= new EndpointMetrics(_origin, _tags.With(Tags.PeerAddress, Tags.Other), _isIPv6);

    private MetricInstruments? Instruments => _origin.Instruments;

    /// <summary>Whether TLS handshakes are measured.</summary>
    public bool MeasuresHandshakes => Instruments?.HandshakeDuration is { Enabled: true };

    /// <summary>Whether connections are counted that their peers have reset.</summary>
    public bool CountsResets => Instruments?.Resets is { Enabled: true };

    /// <summary>Whether segments that are sent again are counted.</summary>
    public bool CountsRetransmits => Instruments?.Retransmits is { Enabled: true };

    /// <summary>As these metrics, with an address as tags.</summary>
    public EndpointMetrics Of(IPEndPoint address) => new(
        _origin, _tags.With(Tags.Of(Tags.PeerAddress, address.Address.ToString()), Tags.Of(Tags.PeerPort, address.Port)), _isIPv6);

    /// <summary>A connect has ended.</summary>
    /// <param name="duration">Its time.</param>
    /// <param name="error">Why it failed; null: it succeeded.</param>
    public void OnConnected(TimeSpan duration, Exception? error)
    {
        if (error is null)
        {
            _ofFamily.Record(Instruments?.ConnectDuration, duration);
        }
        else
        {
            _ofFamily.Record(Instruments?.ConnectDuration, duration, Tags.Of(Tags.ErrorType, ErrorTypes.Of(error)));
        }
    }

    /// <summary>A TLS handshake has ended.</summary>
    /// <param name="duration">Its time.</param>
    /// <param name="errorType">The class of its failure; null: it succeeded.</param>
    public void OnHandshake(TimeSpan duration, string? errorType)
    {
        if (errorType is null)
        {
            _tags.Record(Instruments?.HandshakeDuration, duration);
        }
        else
        {
            _tags.Record(Instruments?.HandshakeDuration, duration, Tags.Of(Tags.ErrorType, errorType));
        }
    }

    /// <summary>A connection was given to the handler that sends.</summary>
    public void OnOpened() => _ofFamily.Count(Instruments?.OpenedConnections);

    /// <summary>A request was answered.</summary>
    /// <param name="isNew">Whether a connection was opened for it.</param>
    public void OnAnswered(bool isNew) => (isNew ? _onNew : _onReused).Count(Instruments?.Requests);

    /// <summary>The peer has reset a connection.</summary>
    public void OnReset() => _tags.Count(Instruments?.Resets);

    /// <summary>The endpoint was ejected because its answers are failures.</summary>
    /// <param name="reason">The rule that ejects it. It has few values, in lower case and with underscores.</param>
    public void OnEjected(string reason) => _tags.Count(Instruments?.Ejections, 1, Tags.Of(Tags.EjectionReason, reason));

    /// <inheritdoc cref="OriginMetrics.AddRetransmits"/>
    public void AddRetransmits(long count) => _origin.AddRetransmits(count);
}
