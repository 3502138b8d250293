using System.Net;
using System.Net.Sockets;
using DnsAwareHttp;

namespace WebApi;

/// <summary>
/// The DNS of this sample: all names below <c>shop.test</c> have one address, and <see cref="Flip"/> makes it the other one. It tells the
/// clients at once, as a service registry could; real DNS is asked again when the TTL ends.
/// </summary>
internal sealed class FlippingDns : NameResolver
{
    private const string Zone = ".shop.test";

    private static readonly TimeSpan Ttl = TimeSpan.FromSeconds(30);

    private volatile IPAddress _address = Backends.Addresses.First;

    public IPAddress Address => _address;

    public void Flip()
    {
        _address = _address.Equals(Backends.Addresses.First) ? Backends.Addresses.Second : Backends.Addresses.First;
        NotifyAllChanged();
    }

    public override ValueTask<Answer> ResolveAsync(string host, AddressFamily addressFamily, CancellationToken cancellationToken) =>
        ValueTask.FromResult<Answer>(host.EndsWith(Zone, StringComparison.OrdinalIgnoreCase)
            ? new Answer.Found([_address], Ttl)
            : new Answer.Empty(EmptyReason.NxDomain, Ttl));
}
