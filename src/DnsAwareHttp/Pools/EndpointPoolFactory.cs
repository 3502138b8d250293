using System.Net;

namespace DnsAwareHttp.Pools;

/// <summary>Makes the pools of one origin.</summary>
/// <param name="target">The host and port that its handlers ask to be connected to.</param>
/// <param name="settings">What its dialers have in common.</param>
/// <param name="makeHandler">Makes an endpoint's handler around its dialer.</param>
/// <param name="now">The clock.</param>
internal sealed class EndpointPoolFactory(DnsEndPoint target, DialSettings settings, Func<EndpointDialer, HttpMessageHandler> makeHandler, Func<DateTimeOffset> now)
{
    public EndpointPool Make(IPAddress address)
    {
        EndpointDialer dialer = new(target, new IPEndPoint(address, target.Port), settings);
        return new EndpointPool(dialer, makeHandler(dialer), now);
    }
}
