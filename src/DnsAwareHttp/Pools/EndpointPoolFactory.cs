using System.Net;
using DnsAwareHttp.Diagnostics;

namespace DnsAwareHttp.Pools;

/// <summary>Makes the pools of one origin.</summary>
/// <param name="target">The host and port that the handlers ask to be connected to.</param>
/// <param name="settings">The settings that all dialers share.</param>
/// <param name="makeHandler">Makes an endpoint's handler around its dialer.</param>
/// <param name="now">The clock.</param>
/// <param name="limits">The limits of each pool; null: no limits.</param>
internal sealed class EndpointPoolFactory(
    DnsEndPoint target, DialSettings settings, Func<EndpointDialer, HttpMessageHandler> makeHandler, Func<DateTimeOffset> now,
    PoolLimits? limits = null)
{
    private int _port = target.Port;

    /// <inheritdoc cref="EndpointDialer.BeginsWithTls"/>
    public bool BeginsWithTls { get; init; }

    /// <inheritdoc cref="EndpointDialer.MeasuresHandshakes"/>
    public bool MeasuresHandshakes { get; init; }

    /// <summary>Measures what happens to the origin of the pools.</summary>
    public OriginMetrics Metrics { get; init; } = OriginMetrics.None;

    /// <inheritdoc cref="DnsAwareOptions.AddressTags"/>
    public bool AddressTags { get; init; }

    /// <summary>The same, but another port is dialled. The handlers ask for the same host and port.</summary>
    public EndpointPoolFactory WithPort(int port) => new(target, settings, makeHandler, now, limits)
    {
        _port = port,
        BeginsWithTls = BeginsWithTls,
        MeasuresHandshakes = MeasuresHandshakes,
        Metrics = Metrics,
        AddressTags = AddressTags,
    };

    /// <summary>Makes a pool without connections.</summary>
    /// <param name="address">The address that it connects to.</param>
    /// <param name="observer">Hears of its changes.</param>
    /// <param name="startsSlowly">Whether others are warm already.</param>
    /// <param name="wasSilent">Whether it replaces a pool whose peer went silent.</param>
    public EndpointPool Make(IPAddress address, IPoolObserver? observer = null, bool startsSlowly = false, bool wasSilent = false)
    {
        IPEndPoint endPoint = new(address, _port);
        EndpointDialer dialer = new(target, endPoint, settings)
        {
            WasSilent = wasSilent,
            BeginsWithTls = BeginsWithTls,
            MeasuresHandshakes = MeasuresHandshakes,
            Metrics = Metrics.EndpointOf(endPoint, AddressTags),
        };
        return new EndpointPool(dialer, makeHandler(dialer), now, observer, limits, startsSlowly);
    }
}
