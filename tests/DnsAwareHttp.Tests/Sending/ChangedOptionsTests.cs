using System.Net;
using System.Net.Sockets;
using DnsAwareHttp.Tests.Fakes;
using DnsAwareHttp.Tests.Loopback;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;

namespace DnsAwareHttp.Tests.Sending;

/// <summary>Options change while requests are on their way: wherever that meets them, they go on.</summary>
public sealed class ChangedOptionsTests : IAsyncLifetime
{
    private static readonly IPAddress Old = IPAddress.Parse("127.0.0.1");
    private static readonly IPAddress New = IPAddress.Parse("127.0.0.2");

    private readonly ScriptedResolver _dns = new();
    private readonly DnsCache _cache;
    private readonly TaskCompletionSource _redirectAsked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _redirectGate = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private LoopbackServer _server = null!;

    public ChangedOptionsTests() => _cache = new DnsCache(resolver: _dns);

    public static TheoryData<string, Action<DnsAwareOptions>> AllValues() => new()
    {
        { nameof(DnsAwareOptions.Membership), o => o.Membership = MembershipMode.Strict },
        { nameof(DnsAwareOptions.MembershipByHost), o => o.MembershipByHost["svc.test"] = MembershipMode.Strict },
        { nameof(DnsAwareOptions.ServiceRecords), o => o.ServiceRecords["svc.test"] = "_http._tcp.svc.test" },
        { nameof(DnsAwareOptions.ServiceRecordSelector), o => o.ServiceRecordSelector = static (_, _) => null },
        { nameof(DnsAwareOptions.LoadBalancing), o => o.LoadBalancing = LoadBalancingPolicy.PickFirst },
        { nameof(DnsAwareOptions.AddressFamily), o => o.AddressFamily = AddressFamily.InterNetwork },
        { nameof(DnsAwareOptions.AddressFilter), o => o.AddressFilter = static _ => true },
        { nameof(DnsAwareOptions.AddressPriorities), o => o.AddressPriorities = new AddressPriorities() },
        { nameof(DnsAwareOptions.MaxEndpointsPerOrigin), o => o.MaxEndpointsPerOrigin = 9 },
        { nameof(DnsAwareOptions.ConnectAttemptDelay), o => o.ConnectAttemptDelay = TimeSpan.FromSeconds(1) },
        { nameof(DnsAwareOptions.ConnectTimeout), o => o.ConnectTimeout = TimeSpan.FromSeconds(9) },
        { nameof(DnsAwareOptions.DrainTimeout), o => o.DrainTimeout = TimeSpan.FromSeconds(9) },
        { nameof(DnsAwareOptions.EmptyAnswerGrace), o => o.EmptyAnswerGrace = TimeSpan.FromSeconds(9) },
        { nameof(DnsAwareOptions.OriginIdleTimeout), o => o.OriginIdleTimeout = TimeSpan.FromSeconds(9) },
        { nameof(DnsAwareOptions.MaxOrigins), o => o.MaxOrigins = 9 },
        { nameof(DnsAwareOptions.SessionAffinity), o => o.SessionAffinity = new SessionAffinityOptions { CookieName = "sid" } },
        { nameof(DnsAwareOptions.MaxPendingRequestsPerEndpoint), o => o.MaxPendingRequestsPerEndpoint = 9 },
        { nameof(DnsAwareOptions.MaxRequestsPerConnection), o => o.MaxRequestsPerConnection = 9 },
        { nameof(DnsAwareOptions.RetryMisdirectedRequests), o => o.RetryMisdirectedRequests = false },
        { nameof(DnsAwareOptions.AddressTags), o => o.AddressTags = true },
        { nameof(DnsAwareOptions.Probe), o => o.Probe = new EndpointProbe() },
        { nameof(DnsAwareOptions.AvoidTriedEndpoints), o => o.AvoidTriedEndpoints = false },
        { nameof(DnsAwareOptions.OutlierDetection), o => o.OutlierDetection.Enabled = false },
        { nameof(DnsAwareOptions.ConfigureSocket), o => o.ConfigureSocket = static _ => { } },
    };

    public async Task InitializeAsync()
    {
        _server = await LoopbackServer.StartAsync(HttpProtocols.Http1, tls: false, Map, "127.0.0.1", "127.0.0.2");
        _dns.Says("svc.test", 30, "127.0.0.1", "127.0.0.2");
    }

    public async Task DisposeAsync()
    {
        _redirectGate.TrySetResult();
        await _cache.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Theory]
    [MemberData(nameof(AllValues))]
    public void AnyValue_IsNoticed(string option, Action<DnsAwareOptions> change)
    {
        using DnsAwareHandler handler = new(new SocketsHttpHandler(), null, _cache);
        DnsAwareOptions changed = new();
        change(changed);

        handler.Apply(new DnsAwareOptions()).Should().BeFalse("nothing has changed");
        handler.Apply(changed).Should().BeTrue($"{option} has changed");
        handler.Apply(changed).Should().BeFalse("it has changed before");
        handler.Apply(new DnsAwareOptions()).Should().BeTrue($"{option} has changed back");
    }

    [Fact]
    public void AllValues_AreCompared() =>
        AllValues().Select(row => row[0]).Should().BeEquivalentTo(typeof(DnsAwareOptions).GetProperties().Select(property => property.Name));

    [Theory]
    [InlineData("another mode", true)]
    [InlineData("another host", true)]
    [InlineData("one host more", true)]
    [InlineData("one host less", true)]
    [InlineData("another case", false)]
    public void MembershipByHost_IsComparedHostByHost(string what, bool isChange)
    {
        DnsAwareOptions before = new();
        before.MembershipByHost["a.test"] = MembershipMode.Strict;
        using DnsAwareHandler handler = new(new SocketsHttpHandler(), before, _cache);
        DnsAwareOptions after = new();
        if (what != "one host less")
        {
            after.MembershipByHost[what switch { "another host" => "b.test", "another case" => "A.test", _ => "a.test" }] = what == "another mode" ? MembershipMode.Logical : MembershipMode.Strict;
        }

        if (what == "one host more")
        {
            after.MembershipByHost["b.test"] = MembershipMode.Strict;
        }

        handler.Apply(after).Should().Be(isChange);
    }

    [Fact]
    public async Task BeforeTheFirstRequest_TheyAreWhatItGoesBy()
    {
        using DnsAwareHandler handler = Only(Old);
        handler.Apply(OptionsFor(New));

        (await WhoAmI(handler, async: true)).Should().Be("127.0.0.2");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task RequestWaitsForTheFirstAnswer_ItGoesOnUnderTheNewOptions(bool async)
    {
        _dns.Hold();
        using DnsAwareHandler handler = Only(Old);
        Task<string> request = Task.Run(() => WhoAmI(handler, async));
        await Eventually.Holds(() => _dns.Questions("svc.test") > 0, "the name is asked for");

        handler.Apply(OptionsFor(New));
        _dns.Release();

        (await request).Should().Be("127.0.0.2");
        _dns.Questions("svc.test").Should().Be(1);
    }

    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 1)]
    [InlineData(true, 3)]
    [InlineData(false, 3)]
    public async Task RequestWaitsForAConnection_ItGoesOnUnderTheNewOptions(bool async, int changes)
    {
        // Whoever dials before the last change waits in vain.
        using BlackHole hole = new("127.0.0.3", _server.Port);
        _dns.Says("svc.test", 30, "127.0.0.2", "127.0.0.3");
        using SemaphoreSlim dialled = new(0);
        using DnsAwareHandler handler = Handler(Hanging(0));
        Task<string> request = Task.Run(() => WhoAmI(handler, async));
        for (int change = 1; change <= changes; change++)
        {
            await dialled.WaitAsync();
            handler.Apply(change == changes ? OptionsFor(New) : Hanging(change));
        }

        (await request.WaitAsync(TimeSpan.FromSeconds(30))).Should().Be("127.0.0.2");

        DnsAwareOptions Hanging(int change) => new()
        {
            AddressFilter = hole.EndPoint.Address.Equals,
            MaxEndpointsPerOrigin = 1 + change,
            ConfigureSocket = _ => dialled.Release(),
        };
    }

    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 1)]
    [InlineData(true, 3)]
    public async Task BetweenTwoHops_TheSecondGoesByTheNewOptions(bool async, int changes)
    {
        using DnsAwareHandler handler = Only(Old);
        Task<string> request = Task.Run(() => Get(handler, "/redirect", async));
        await _redirectAsked.Task;

        for (int change = 1; change <= changes; change++)
        {
            DnsAwareOptions options = OptionsFor(New);
            options.MaxEndpointsPerOrigin = change;
            handler.Apply(options);
        }

        _redirectGate.SetResult();
        (await request).Should().Be("127.0.0.2");
    }

    [Fact]
    public async Task RequestUnderWay_EndsWhereItIs()
    {
        using DnsAwareHandler handler = Only(Old);
        Task<string> request = Get(handler, "/redirect?to=none", async: true);
        await _redirectAsked.Task;

        handler.Apply(OptionsFor(New));
        _redirectGate.SetResult();

        (await request).Should().Be("127.0.0.1 stays");
        await handler.WhenDrained();
        await Eventually.Holds(() => _server.OpenConnections == 0, "its connection is closed");
    }

    [Fact]
    public async Task DisposedAfterAChange_RequestBetweenTwoHopsIsToldSo()
    {
        DnsAwareHandler handler = Only(Old);
        Task<string> request = Get(handler, "/redirect", async: true);
        await _redirectAsked.Task;

        handler.Apply(OptionsFor(New));
        handler.Dispose();
        _redirectGate.SetResult();

        await FluentActions.Awaiting(() => request).Should().ThrowAsync<ObjectDisposedException>();
        handler.Apply(OptionsFor(Old)).Should().BeFalse("it is closed");
    }

    [Fact]
    public async Task WrongOptions_AreRefusedAndThoseBeforeStay()
    {
        using DnsAwareHandler handler = Only(Old);
        await WhoAmI(handler, async: true);

        Action apply = () => handler.Apply(new DnsAwareOptions { MaxEndpointsPerOrigin = 0 });

        apply.Should().Throw<OptionsValidationException>().WithMessage("DnsAwareOptions.MaxEndpointsPerOrigin is 0;*");
        (await WhoAmI(handler, async: true)).Should().Be("127.0.0.1");
        _server.ConnectionsTo("127.0.0.1").Should().Be(1);
    }

    [Fact]
    public async Task UnmanagedRequests_AreCountedOn()
    {
        using DnsAwareHandler handler = Only(Old);
        using HttpMessageInvoker invoker = new(handler, disposeHandler: false);
        for (int request = 0; request < 2; request++)
        {
            using HttpRequestMessage refused = new(HttpMethod.Get, "ftp://svc.test/");
            await FluentActions.Awaiting(() => invoker.SendAsync(refused, CancellationToken.None)).Should().ThrowAsync<Exception>();
            handler.Apply(OptionsFor(New));
        }

        handler.GetSnapshot().PassThroughRequests.Should().Be(2);
    }

    [Fact]
    public async Task OriginsStayOpen_AndTheirNamesRefreshed()
    {
        using DnsAwareHandler handler = Only(Old);
        await WhoAmI(handler, async: true);

        handler.Apply(OptionsFor(New));

        OriginSnapshot origin = handler.GetSnapshot().Origins.Should().ContainSingle().Which;
        origin.Endpoints.Where(endpoint => endpoint.State is not EndpointState.Draining).Should().ContainSingle().Which.Address.Address.Should().Be(New);
        _dns.Questions("svc.test").Should().Be(1);
    }

    [Fact]
    public async Task DrainSignal_FiresForThoseOnOldConnections()
    {
        using DnsAwareHandler handler = Only(Old);
        DrainSignal signal = new();
        using HttpMessageInvoker invoker = new(handler, disposeHandler: false);
        using HttpRequestMessage request = new(HttpMethod.Get, $"http://svc.test:{_server.Port}/gated");
        request.Options.Set(DnsAwareHandler.DrainSignalKey, signal);
        using HttpResponseMessage response = await invoker.SendAsync(request, CancellationToken.None);

        handler.Apply(OptionsFor(New));

        await Eventually.Holds(() => signal.Token.IsCancellationRequested, "the signal fires");
        _server.Gate.SetResult();
        (await response.Content.ReadAsStringAsync()).Should().HaveLength(20);
    }

    [Fact]
    public async Task ManyChanges_LeaveNoTimer()
    {
        ManualTimeProvider clock = new();
        await using DnsCache cache = new(resolver: _dns, timeProvider: clock);
        DnsAwareHandler handler = new(new SocketsHttpHandler(), OptionsFor(Old), cache);
        for (int change = 0; change < 20; change++)
        {
            await WhoAmI(handler, async: true);
            handler.Apply(OptionsFor(change % 2 == 0 ? New : Old)).Should().BeTrue();
        }

        handler.Dispose();
        await handler.WhenDrained();
        await cache.DisposeAsync();

        await Eventually.Holds(() => clock.ActiveTimers == 0, "no timer is left");
        await Eventually.Holds(() => _server.OpenConnections == 0, "no connection is left");
    }

    private static DnsAwareOptions OptionsFor(IPAddress address) => new() { AddressFilter = address.Equals };

    private DnsAwareHandler Only(IPAddress address) => Handler(OptionsFor(address));

    private DnsAwareHandler Handler(DnsAwareOptions options) => new(new SocketsHttpHandler(), options, _cache);

    private Task<string> WhoAmI(DnsAwareHandler handler, bool async) => Get(handler, "/whoami", async);

    private async Task<string> Get(DnsAwareHandler handler, string path, bool async)
    {
        using HttpMessageInvoker invoker = new(handler, disposeHandler: false);
        using HttpRequestMessage request = new(HttpMethod.Get, $"http://svc.test:{_server.Port}{path}");
        using HttpResponseMessage response = async ? await invoker.SendAsync(request, CancellationToken.None) : invoker.Send(request, CancellationToken.None);
        return await response.Content.ReadAsStringAsync();
    }

    private void Map(WebApplication app) => app.MapGet("/redirect", async (HttpContext context) =>
    {
        _redirectAsked.TrySetResult();
        await _redirectGate.Task;
        if (context.Request.QueryString.HasValue)
        {
            await context.Response.WriteAsync($"{context.Connection.LocalIpAddress} stays");
            return;
        }

        context.Response.Redirect("/whoami");
    });
}
