using System.Net;
using System.Net.Sockets;

namespace DnsAwareHttp.Tests;

/// <summary>The one kind of literal that is left to the wrapped handler, for its own error: it must never be dialled.</summary>
public sealed class UnspecifiedAddressTests
{
    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("0")]
    [InlineData("0x0.0")]
    [InlineData("[::]")]
    [InlineData("[::0.0.0.0]")]
    [InlineData("[::ffff:0.0.0.0]")]
    public async Task UnspecifiedAddress_WhichManySystemsTakeForTheirOwn_IsNotDialledPastTheFilter(string host)
    {
        using TcpListener listener = new(IPAddress.IPv6Any, 0);
        listener.Server.DualMode = true;
        listener.Start();
        using HttpClient client = new(new DnsAwareHandler(new SocketsHttpHandler(), new DnsAwareOptions { AddressFilter = AddressFilters.PublicOnly }));

        Func<Task> asking = () => client.GetAsync($"http://{host}:{((IPEndPoint)listener.LocalEndpoint).Port}/").WaitAsync(TimeSpan.FromSeconds(60));

        await asking.Should().ThrowAsync<HttpRequestException>();
        listener.Pending().Should().BeFalse();
    }
}
