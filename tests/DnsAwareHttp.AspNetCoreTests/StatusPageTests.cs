using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace DnsAwareHttp.AspNetCoreTests;

public sealed class StatusPageTests
{
    [Fact]
    public async Task Page_TellsWhoTakesTrafficAndWhatDnsSaid()
    {
        await using StatusHost host = await StatusHost.StartAsync();
        host.Dns.Says("svc.test", 30, "127.0.0.1", "127.0.0.2");
        _ = await host.GetAsync("svc.test");

        string page = await host.Browser.GetStringAsync("/dns-aware");

        page.Should().Contain("127.0.0.1:").And.Contain("127.0.0.2:").And.Contain("TTL 30 s").And.Contain("Asked again in").And.Contain("orders");
        page.Should().Contain("All origins are well.").And.Contain("<noscript><meta http-equiv=\"refresh\"");
    }

    [Fact]
    public async Task NoRequestYet_ThePageSaysSo()
    {
        await using StatusHost host = await StatusHost.StartAsync();

        (await host.Browser.GetStringAsync("/dns-aware")).Should().Contain("No request was sent yet.");
    }

    [Fact]
    public async Task NamesAndErrors_AreEscaped()
    {
        const string Evil = "<script>alert(1)</script>\"'";
        await using StatusHost host = await StatusHost.StartAsync(Evil);
        host.Dns.Fails("svc.test", Evil);
        await host.Client.Invoking(client => client.GetAsync("http://svc.test/")).Should().ThrowAsync<HttpRequestException>();

        string page = await host.Browser.GetStringAsync("/dns-aware");

        page.Should().NotContain("<script>alert").And.Contain("&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;");
        (await host.Browser.GetStringAsync("/dns-aware/json")).Should().NotContain("<script>");
    }

    [Fact]
    public async Task Headers_AllowTheOwnStyleAndScriptAndNothingElse()
    {
        await using StatusHost host = await StatusHost.StartAsync();

        using HttpResponseMessage response = await host.Browser.GetAsync("/dns-aware");

        string policy = response.Headers.GetValues("Content-Security-Policy").Single();
        policy.Should().StartWith("default-src 'none';").And.Contain("script-src 'sha256-").And.Contain("style-src 'sha256-")
            .And.Contain("frame-ancestors 'none'").And.NotContain("unsafe").And.NotContain("*");
        response.Headers.CacheControl!.NoStore.Should().BeTrue();
        response.Headers.GetValues("X-Content-Type-Options").Should().Equal("nosniff");
        string page = await response.Content.ReadAsStringAsync();
        page.Should().NotContain("style=").And.NotContain(" onclick").And.NotContain("http-equiv=\"Content");
        page.Split("<script").Should().HaveCount(2, "there is one script");
    }

    [Fact]
    public async Task Secrets_AreNotShown()
    {
        await using StatusHost host = await StatusHost.StartAsync(map: app => app.MapDnsAwareHttp("/status"));
        using SocketsHttpHandler behindProxy = new() { Proxy = new WebProxy($"http://user:secret@127.0.0.1:{host.Port}/") };
        host.Dns.Says("svc.test", 30, "127.0.0.1");
        using HttpRequestMessage request = new(HttpMethod.Get, $"http://user:secret@svc.test:{host.Port}/whoami?token=secret");
        request.Headers.TryAddWithoutValidation("Authorization", "Bearer secret");
        using HttpResponseMessage _ = await host.Client.SendAsync(request);

        (await host.Browser.GetStringAsync("/status")).Should().Contain("svc.test").And.NotContain("secret");
        (await host.Browser.GetStringAsync("/status/json")).Should().Contain("svc.test").And.NotContain("secret");
    }

    [Theory]
    [InlineData("/dns-aware")]
    [InlineData("/dns-aware/json")]
    [InlineData("/dns-aware/events")]
    public async Task RequireAuthorization_HoldsForAllRoutes(string path)
    {
        await using StatusHost host = await StatusHost.StartAsync(
            configure: builder =>
            {
                builder.Services.AddAuthentication("none").AddScheme<Microsoft.AspNetCore.Authentication.AuthenticationSchemeOptions, NobodyScheme>("none", null);
                builder.Services.AddAuthorization();
            },
            map: app =>
            {
                app.UseAuthentication();
                app.UseAuthorization();
                app.MapDnsAwareHttp().RequireAuthorization(new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build());
            });

        using HttpResponseMessage response = await host.Browser.GetAsync(path, HttpCompletionOption.ResponseHeadersRead);

        response.StatusCode.Should().Be(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Json_HasTheSnapshotOfEachHandler()
    {
        await using StatusHost host = await StatusHost.StartAsync(configure: builder => builder.Services.AddHttpClient("api").AddDnsAwareHandler());
        host.Dns.Says("svc.test", 30, "127.0.0.1");
        _ = await host.GetAsync("svc.test");

        using HttpResponseMessage response = await host.Browser.GetAsync("/dns-aware/json");
        using JsonDocument json = JsonDocument.Parse(await response.Content.ReadAsStringAsync());

        response.Content.Headers.ContentType!.MediaType.Should().Be("application/json");
        JsonElement origin = json.RootElement.GetProperty("handlers").GetProperty("orders").GetProperty("origins")[0];
        origin.GetProperty("host").GetString().Should().Be("svc.test");
        origin.GetProperty("endpoints")[0].GetProperty("address").GetString().Should().Be($"127.0.0.1:{host.Port}");
        origin.GetProperty("endpoints")[0].GetProperty("state").GetString().Should().Be("Ready");
        origin.GetProperty("answer").GetProperty("nextQuestionAt").GetDateTimeOffset().Should().BeAfter(DateTimeOffset.UtcNow.AddSeconds(-1));
    }

    [Fact]
    public async Task ClientsOfTheContainer_AreShownWithoutFurtherCalls()
    {
        await using StatusHost host = await StatusHost.StartAsync(
            configure: builder => builder.Services.AddHttpClient("api").AddDnsAwareHandler(),
            map: app =>
            {
                app.MapDnsAwareHttp();
                app.MapGet("/use", async (HttpContext context) => await context.Response.WriteAsync(
                    await context.RequestServices.GetRequiredService<IHttpClientFactory>().CreateClient("api").GetStringAsync(context.Request.Query["at"]!)));
            });
        _ = await host.Browser.GetStringAsync($"/use?at=http://127.0.0.3:{host.Port}/whoami");

        (await host.Browser.GetStringAsync("/dns-aware")).Should().Contain("<small>api</small>").And.Contain($"http://127.0.0.3:{host.Port}");
    }

    [Fact]
    public async Task ManyOrigins_ThePageIsBounded()
    {
        await using StatusHost host = await StatusHost.StartAsync();
        for (int i = 0; i < AspNetCore.Page.StatusPage.MaxOrigins + 5; i++)
        {
            host.Dns.Says($"svc{i}.test", 30, "127.0.0.1");
            _ = await host.GetAsync($"svc{i}.test");
        }

        (await host.Browser.GetStringAsync("/dns-aware")).Should().Contain("5 more origins in the JSON");
    }
}
