using System.Net;
using DnsAwareHttp.Tests.Fakes;

namespace DnsAwareHttp.Tests.Loopback;

/// <summary>A filter that refuses internal addresses, on each way on which one could be smuggled in.</summary>
public sealed class AddressFilterTests
{
    [Theory]
    [InlineData("http://127.0.0.1:PORT/", "127.0.0.1")]
    [InlineData("http://2130706433:PORT/", "127.0.0.1")]
    [InlineData("http://0x7f.1:PORT/", "127.0.0.1")]
    [InlineData("http://[::1]:PORT/", "::1")]
    [InlineData("http://[::ffff:127.0.0.1]:PORT/", "127.0.0.1")]
    [InlineData("http://localhost:PORT/", "127.0.0.1")]
    [InlineData("http://sub.localhost:PORT/", "127.0.0.1")]
    [InlineData("http://internal.test:PORT/", "127.0.0.1")]
    [InlineData("http://mapped.test:PORT/", "127.0.0.1")]
    [InlineData("http://metadata.test:PORT/", "169.254.169.254")]
    [InlineData("ws://internal.test:PORT/", "127.0.0.1")]
    [InlineData("https://internal.test:PORT/", "127.0.0.1")]
    public async Task Request_IsRefusedAndTheErrorNamesAddressAndHost(string uri, string address)
    {
        await using RawServer server = RawServer.Start(RawServer.Answering(static _ => RawServer.Ok), null, "127.0.0.1", "::1");
        using DnsCache cache = Cache();
        using HttpClient client = Client(cache);
        Uri target = new(uri.Replace("PORT", $"{server.Port}", StringComparison.Ordinal));

        HttpRequestException error = (await client.Invoking(c => c.GetAsync(target)).Should().ThrowAsync<HttpRequestException>()).Which;

        error.Message.Should().Contain("AddressFilter").And.Contain(address).And.Contain(target.Host);
        server.Connections.Should().BeEmpty();
    }

    [Theory]
    [InlineData("http://127.0.0.1:PORT/secret")]
    [InlineData("http://[::1]:PORT/secret")]
    [InlineData("http://internal.test:PORT/secret")]
    [InlineData("http://localhost:PORT/secret")]
    public async Task Redirect_IsNotFollowedToARefusedAddress(string location)
    {
        await using RawServer secret = RawServer.Start(RawServer.Answering(static _ => RawServer.Ok), null, "127.0.0.1", "::1");
        string to = location.Replace("PORT", $"{secret.Port}", StringComparison.Ordinal);
        await using RawServer open = RawServer.Start(RawServer.Answering(_ => RawServer.RedirectTo(to)), null, "127.0.0.9");
        using DnsCache cache = Cache();
        using HttpClient client = Client(cache);

        await client.Invoking(c => c.GetAsync($"http://open.test:{open.Port}/")).Should().ThrowAsync<HttpRequestException>().WithMessage("*AddressFilter*");

        open.Connections.Should().ContainSingle();
        secret.Connections.Should().BeEmpty();
    }

    [Fact]
    public async Task Proxy_AtARefusedAddress_IsNotUsed()
    {
        await using RawServer proxy = RawServer.Start(RawServer.Answering(static _ => RawServer.Ok));
        using DnsCache cache = Cache();
        using HttpClient client = Client(cache, new SocketsHttpHandler { Proxy = new WebProxy($"http://internal.test:{proxy.Port}") });

        await client.Invoking(c => c.GetAsync("http://public.test/")).Should().ThrowAsync<HttpRequestException>().WithMessage("*AddressFilter*127.0.0.1*");

        proxy.Connections.Should().BeEmpty();
    }

    [Theory]
    [InlineData("ftp://proxy.test:2121", "ftp://proxy.test:2121")]
    [InlineData("/relative", "/relative")]
    [InlineData("mailto:someone@proxy.test", "mailto")]
    public async Task ProxyThatFirstNamesAnUnknownSchemeAndThenSaysDirect_DoesNotOpenAWayAround(string first, string named)
    {
        await using RawServer secret = RawServer.Start(RawServer.Answering(static _ => RawServer.Ok));
        ChangingProxy proxy = new(new Uri(first, UriKind.RelativeOrAbsolute), null);
        using DnsCache cache = Cache();
        using HttpClient client = Client(cache, new SocketsHttpHandler { Proxy = proxy });

        await client.Invoking(c => c.GetAsync($"http://internal.test:{secret.Port}/")).Should().ThrowAsync<HttpRequestException>()
            .WithMessage($"AddressFilter is set*{named}*GetProxy*socks5*(internal.test:{secret.Port})");

        proxy.Asked.Should().Be(1, "a second question could have another answer");
        secret.Connections.Should().BeEmpty();
    }

    [Theory]
    [InlineData("1.2")]
    [InlineData("1.9")]
    [InlineData("2.1")]
    [InlineData("0.9")]
    [InlineData("3.0")]
    [InlineData("4.0")]
    public async Task VersionThatTheLibraryDoesNotManage_IsNotDialled(string version)
    {
        await using RawServer secret = RawServer.Start(RawServer.Answering(static _ => RawServer.Ok));
        using DnsCache cache = Cache();
        using HttpClient client = Client(cache);
        foreach (HttpVersionPolicy policy in Enum.GetValues<HttpVersionPolicy>())
        {
            foreach (string scheme in (string[])["http", "https", "ws"])
            {
                using HttpRequestMessage request = new(HttpMethod.Get, $"{scheme}://127.0.0.1:{secret.Port}/") { Version = Version.Parse(version), VersionPolicy = policy };

                await client.Invoking(c => c.SendAsync(request)).Should().ThrowAsync<Exception>();
            }
        }

        secret.Connections.Should().BeEmpty();
        secret.Problems.Should().BeEmpty();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task SynchronousRequestThatTheLibraryDoesNotManage_IsNotDialled(bool chunked)
    {
        await using RawServer secret = RawServer.Start(RawServer.Answering(static _ => RawServer.Ok));
        using DnsCache cache = Cache();
        using HttpClient client = Client(cache);
        using HttpRequestMessage request = new(HttpMethod.Get, $"http://127.0.0.1:{secret.Port}/") { Version = chunked ? new Version(1, 1) : new Version(1, 7) };
        request.Headers.TransferEncodingChunked = chunked;

        await Task.Run(() => client.Invoking(c => c.Send(request)).Should().Throw<Exception>());

        secret.Connections.Should().BeEmpty();
    }

    [Fact]
    public async Task HostsFile_NamesARefusedAddress_ItIsNotUsed()
    {
        using TemporaryFile hosts = new();
        hosts.Write("127.0.0.1 listed.test\n");
        await using RawServer server = RawServer.Start(RawServer.Answering(static _ => RawServer.Ok));
        using DnsCache cache = new(new DnsCacheOptions { HostsFilePath = hosts.Path, NameServers = ["127.0.0.1:1"] });
        using HttpClient client = Client(cache);

        await client.Invoking(c => c.GetAsync($"http://listed.test:{server.Port}/")).Should().ThrowAsync<HttpRequestException>().WithMessage("*AddressFilter*127.0.0.1*listed.test*");

        server.Connections.Should().BeEmpty();
    }

    [Fact]
    public async Task NameWithARefusedAddressAmongOthers_UsesTheOthers()
    {
        await using RawServer server = RawServer.Start(RawServer.Answering(static _ => RawServer.Ok), null, "127.0.0.9", "127.0.0.1");
        using DnsCache cache = Cache();
        using HttpClient client = Client(cache);

        for (int request = 0; request < 10; request++)
        {
            (await client.GetStringAsync($"http://both.test:{server.Port}/")).Should().Be("hello");
        }

        server.Connections.Should().OnlyContain(connection => connection.Local.Address.Equals(IPAddress.Parse("127.0.0.9")));
    }

    private static DnsCache Cache()
    {
        ScriptedResolver dns = new();
        dns.Says("internal.test", 30, "127.0.0.1");
        dns.Says("mapped.test", 30, "::ffff:127.0.0.1");
        dns.Says("metadata.test", 30, "169.254.169.254");
        dns.Says("open.test", 30, "127.0.0.9");
        dns.Says("both.test", 30, "127.0.0.1", "127.0.0.9");
        return new DnsCache(resolver: dns);
    }

    // 127.0.0.9 stands for the public internet.
    private static HttpClient Client(DnsCache cache, SocketsHttpHandler? settings = null) =>
        new(new DnsAwareHandler(settings ?? new SocketsHttpHandler(), new DnsAwareOptions { AddressFilter = static address => address.Equals(IPAddress.Parse("127.0.0.9")) || AddressFilters.PublicOnly(address) }, cache));

    /// <summary>Gives one answer to the first question and another one to all later questions.</summary>
    private sealed class ChangingProxy(Uri? first, Uri? then) : IWebProxy
    {
        private int _asked;

        public int Asked => _asked;

        public ICredentials? Credentials { get; set; }

        public Uri? GetProxy(Uri destination) => Interlocked.Increment(ref _asked) == 1 ? first : then;

        public bool IsBypassed(Uri host) => false;
    }
}
