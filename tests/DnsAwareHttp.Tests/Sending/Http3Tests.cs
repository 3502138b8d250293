using System.Net;
using DnsAwareHttp.Handlers;
using DnsAwareHttp.Sending;
using DnsAwareHttp.Tests.Fakes;
using DnsAwareHttp.Tests.Loopback;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging.Abstractions;

namespace DnsAwareHttp.Tests.Sending;

/// <summary>Which requests go to the wrapped handler, because they may be sent over HTTP/3, or because it refuses them before it connects.</summary>
public sealed class Http3Tests
{
    [Theory]
    [InlineData(true, "https", "3.0", HttpVersionPolicy.RequestVersionExact, false, false)]
    [InlineData(true, "https", "3.0", HttpVersionPolicy.RequestVersionOrHigher, false, false)]
    [InlineData(true, "https", "3.0", HttpVersionPolicy.RequestVersionOrLower, false, false)]
    [InlineData(true, "https", "1.1", HttpVersionPolicy.RequestVersionOrHigher, false, false)]
    [InlineData(true, "https", "2.0", HttpVersionPolicy.RequestVersionOrHigher, false, false)]
    [InlineData(true, "https", "2.0", HttpVersionPolicy.RequestVersionOrLower, false, true)]
    [InlineData(true, "https", "1.1", HttpVersionPolicy.RequestVersionExact, false, true)]
    [InlineData(true, "http", "3.0", HttpVersionPolicy.RequestVersionOrLower, false, true)]
    [InlineData(true, "http", "3.0", HttpVersionPolicy.RequestVersionExact, false, false)]
    [InlineData(true, "http", "2.0", HttpVersionPolicy.RequestVersionOrHigher, false, true)]
    [InlineData(true, "ws", "1.1", HttpVersionPolicy.RequestVersionOrHigher, false, true)]
    [InlineData(true, "https", "3.0", HttpVersionPolicy.RequestVersionOrLower, true, true)]
    [InlineData(true, "https", "2.0", HttpVersionPolicy.RequestVersionOrHigher, true, true)]
    [InlineData(true, "https", "3.0", HttpVersionPolicy.RequestVersionExact, true, false)]
    [InlineData(false, "https", "3.0", HttpVersionPolicy.RequestVersionExact, false, false)]
    [InlineData(false, "https", "3.0", HttpVersionPolicy.RequestVersionOrLower, false, true)]
    [InlineData(false, "https", "2.0", HttpVersionPolicy.RequestVersionOrHigher, false, true)]
    public async Task Request_IsManagedUnlessItMayUseHttp3(bool isSupported, string scheme, string version, HttpVersionPolicy policy, bool usesProxy, bool isManaged)
    {
        await using LoopbackServer server = await LoopbackServer.StartAsync(HttpProtocols.Http1, tls: false, null, "127.0.0.1");
        ScriptedResolver dns = new();
        dns.Says("svc.test", 30, "127.0.0.1");
        await using DnsCache cache = new(resolver: dns);
        using SocketsHttpHandler settings = new() { UseProxy = usesProxy, Proxy = usesProxy ? new WebProxy($"http://127.0.0.1:{server.Port}") : null };
        RequestRouter router = new(new RouterSettings(HandlerTemplate.ReadFrom(settings), new DnsAwareOptions(), cache, new PassThrough(static (_, _, _) => Answer("wrapped")), Random.Shared, NullLogger.Instance)
        {
            MakeHandler = static _ => new StubHandler((_, _) => Answer("managed")),
            SpeaksHttp3 = isSupported,
        });
        using HttpRequestMessage request = new(HttpMethod.Get, $"{scheme}://svc.test:{server.Port}/") { Version = Version.Parse(version), VersionPolicy = policy };

        using HttpResponseMessage response = await router.SendAsync(request, async: true, CancellationToken.None);

        (await response.Content.ReadAsStringAsync()).Should().Be(isManaged ? "managed" : "wrapped");
        router.PassThroughRequests.Should().Be(isManaged ? 0 : 1);
        router.Close();
    }

    [Theory]
    [InlineData("https", "3.0", HttpVersionPolicy.RequestVersionExact, true)]
    [InlineData("https", "3.0", HttpVersionPolicy.RequestVersionOrLower, true)]
    [InlineData("https", "2.0", HttpVersionPolicy.RequestVersionOrHigher, true)]
    [InlineData("https", "2.0", HttpVersionPolicy.RequestVersionOrLower, false)]
    [InlineData("https", "4.0", HttpVersionPolicy.RequestVersionExact, true)]
    [InlineData("ftp", "1.1", HttpVersionPolicy.RequestVersionOrLower, false)]
    public async Task WithAnAddressFilter_WhatMayUseHttp3Fails(string scheme, string version, HttpVersionPolicy policy, bool fails)
    {
        ScriptedResolver dns = new();
        dns.Says("svc.test", 30, "127.0.0.1");
        await using DnsCache cache = new(resolver: dns);
        using SocketsHttpHandler settings = new();
        await using LoopbackServer server = await LoopbackServer.StartAsync(HttpProtocols.Http1, tls: false, null, "127.0.0.1");
        RequestRouter router = new(new RouterSettings(HandlerTemplate.ReadFrom(settings), new DnsAwareOptions { AddressFilter = static _ => true }, cache, new PassThrough(static (_, _, _) => Answer("wrapped")), Random.Shared, NullLogger.Instance)
        {
            MakeHandler = static _ => new StubHandler((_, _) => Answer("managed")),
            SpeaksHttp3 = true,
        });
        using HttpRequestMessage request = new(HttpMethod.Get, $"{scheme}://svc.test:{server.Port}/") { Version = Version.Parse(version), VersionPolicy = policy };

        Func<Task> sending = async () => (await router.SendAsync(request, async: true, CancellationToken.None)).Dispose();

        if (fails)
        {
            await sending.Should().ThrowAsync<HttpRequestException>().WithMessage("*AddressFilter*RequestVersionOrLower*");
        }
        else
        {
            await sending.Should().NotThrowAsync();
        }

        router.Close();
    }

    private static Task<HttpResponseMessage> Answer(string by) => Task.FromResult(new HttpResponseMessage { Content = new StringContent(by) });
}
