using DnsAwareHttp.EcosystemTests.Harness;
using Microsoft.AspNetCore.SignalR;

namespace DnsAwareHttp.EcosystemTests.Clients;

/// <summary>A hub that tells the address of the server, after 50 ms.</summary>
public sealed class AddressHub : Hub
{
    public async Task<string> Address()
    {
        await Task.Delay(50, Context.ConnectionAborted);
        return AddressEndpoints.AddressOf(Context.GetHttpContext()!);
    }
}
