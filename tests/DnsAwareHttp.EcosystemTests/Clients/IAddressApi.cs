using DnsAwareHttp.EcosystemTests.Harness;
using Refit;

namespace DnsAwareHttp.EcosystemTests.Clients;

/// <summary>The endpoints of the servers, as Refit sees them.</summary>
public interface IAddressApi
{
    [Get("/json")]
    Task<AddressDocument> GetAddressAsync();

    [Get("/slow")]
    Task<string> GetSlowlyAsync();
}
