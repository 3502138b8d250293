using System.Net;
using DnsAwareHttp.Sending;
using DnsAwareHttp.Tests.Fakes;
using DnsAwareHttp.Tests.Loopback;
using DnsAwareHttp.Tests.Sending;

namespace DnsAwareHttp.Tests.Services;

/// <summary>An origin that is found by SRV records: where its endpoints are, who gets the requests, and how they follow the service and its targets.</summary>
public sealed class ServiceEndpointsTests : IAsyncDisposable
{
    private const string Service = "_http._tcp.svc.test";
    private const string One = "127.0.0.1";
    private const string Two = "127.0.0.2";
    private const string Three = "127.0.0.3";

    private ClusterBench _bench = new(new DnsAwareOptions { LoadBalancing = LoadBalancingPolicy.RoundRobin });

    public ServiceEndpointsTests()
    {
        _bench.Dns.Says("a.test", 300, One);
        _bench.Dns.Says("b.test", 300, Two);
        _bench.Dns.Says("c.test", 300, Three);
    }

    public ValueTask DisposeAsync() => _bench.DisposeAsync();

    [Fact]
    public async Task Endpoints_AreAtTheirTargetsPorts()
    {
        _bench.Dns.SaysService(Service, 30, ("a.test", 8081, 1, 1), ("b.test", 8082, 1, 1));
        OriginCluster cluster = _bench.OpenService();
        await SendUntilAllAreAsked(cluster, One, Two);

        cluster.Snapshot().Endpoints.Select(endpoint => endpoint.Address.ToString()).Should().BeEquivalentTo($"{One}:8081", $"{Two}:8082");
        _bench.Dns.Questions("svc.test").Should().Be(0, "the origin's own name is not asked");
        AnswerSnapshot answer = cluster.Snapshot().Answer!;
        answer.Addresses.Select(address => address.ToString()).Should().BeEquivalentTo(One, Two);
        answer.Latest.ToString().Should().Contain("a.test:8081 (priority 1, weight 1)");
    }

    [Fact]
    public async Task ManyTargetsWithATtlOfZero_CauseNotManyQuestionsASecond()
    {
        string[] hosts = [.. Enumerable.Range(0, 1_000).Select(number => $"t{number}.test")];
        Array.ForEach(hosts, host => _bench.Dns.Says(host, 0, One));
        _bench.Dns.SaysService(Service, 300, [.. hosts.Select((host, number) => (host, 8_000 + number, 1, 1))]);
        OriginCluster cluster = _bench.OpenService();
        await ClusterBench.Send(cluster);
        await Eventually.Holds(() => _bench.Cache.IsQuiet, "all is answered");
        int before = hosts.Sum(host => _bench.Dns.Questions(host));

        for (int tick = 0; tick < 80; tick++)
        {
            _bench.Clock.Advance(TimeSpan.FromMilliseconds(250));
            await Eventually.Holds(() => _bench.Cache.IsQuiet, "all is answered");
        }

        (hosts.Sum(host => _bench.Dns.Questions(host)) - before).Should().BeInRange(64, 20 * 20, "16 a second, of 64 targets");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task OtherTargetsInEachAnswer_WithATtlOfZero_CauseNotManyQuestionsASecond(bool haveAddresses)
    {
        const int Seconds = 40;
        List<string> hosts = [];
        SayOthers();
        OriginCluster cluster = _bench.OpenService();
        await Eventually.Holds(() => _bench.Dns.Questions(hosts[0]) > 0 && _bench.Cache.IsQuiet, "all is answered");
        int first = hosts.Sum(_bench.Dns.Questions);
        for (int second = 0; second < Seconds; second++)
        {
            SayOthers();
            for (int tick = 0; tick < 4; tick++)
            {
                _bench.Clock.Advance(TimeSpan.FromMilliseconds(250));
                await Eventually.Holds(() => _bench.Cache.IsQuiet, "all is answered");
            }
        }

        first.Should().Be(64);
        (hosts.Sum(_bench.Dns.Questions) - first).Should().BeLessThan(2 * 16 * (Seconds + 4), "16 a second of targets that are new, and 16 of those that stay");

        void SayOthers()
        {
            string[] others = [.. Enumerable.Range(0, 64).Select(number => $"t{hosts.Count + number}.test")];
            if (haveAddresses)
            {
                Array.ForEach(others, host => _bench.Dns.Says(host, 0, One));
            }

            hosts.AddRange(others);
            _bench.Dns.SaysService(Service, 0, [.. others.Select(host => (host, 80, 1, 1))]);
        }
    }

    [Fact]
    public async Task OneHostAtTwoPorts_IsTwoTargets()
    {
        _bench.Dns.SaysService(Service, 30, ("a.test", 8081, 1, 1), ("a.test", 8082, 1, 1));
        OriginCluster cluster = _bench.OpenService();
        await ClusterBench.Send(cluster);

        cluster.Snapshot().Endpoints.Select(endpoint => endpoint.Address.ToString()).Should().BeEquivalentTo($"{One}:8081", $"{One}:8082");
    }

    [Fact]
    public async Task Priority_TheNextOnlyWhileTheFirstFails_AndBackWhenItRecovers()
    {
        _bench.Dns.SaysService(Service, 300, ("a.test", 80, 1, 1), ("b.test", 80, 2, 1));
        OriginCluster cluster = _bench.OpenService();
        await AllAreKnown(cluster, One, Two);
        for (int i = 0; i < 20; i++)
        {
            await ClusterBench.Send(cluster);
        }

        _bench.Asked.Should().OnlyContain(address => address == One);
        _bench.Dialled.Should().NotContain(Two);

        _bench.Says(One, null);
        _bench.EndConnections(One);
        (await ClusterBench.Send(cluster)).Should().Be(HttpStatusCode.OK);
        _bench.Asked.Clear();
        await ClusterBench.Send(cluster);
        await ClusterBench.Send(cluster);
        _bench.Asked.Should().OnlyContain(address => address == Two);

        _bench.Says(One, HttpStatusCode.OK);
        await Eventually.Holds(
            () =>
            {
                _bench.Clock.Advance(TimeSpan.FromSeconds(1));
                return ClusterBench.StateOf(cluster, One) is EndpointState.Ready;
            },
            "it recovers in the background");
        _bench.Asked.Clear();
        for (int i = 0; i < 5; i++)
        {
            await ClusterBench.Send(cluster);
        }

        _bench.Asked.Should().OnlyContain(address => address == One);
    }

    [Fact]
    public async Task Priority_TheFirstRefusesTheVersion_TheNextIsDialledForTheFirstTime()
    {
        _bench.Dns.SaysService(Service, 300, ("a.test", 80, 1, 1), ("b.test", 80, 2, 1));
        _bench.Says(One, _ => throw new HttpRequestException(HttpRequestError.VersionNegotiationError, "no HTTP/2"));
        OriginCluster cluster = _bench.OpenService();
        await AllAreKnown(cluster, One, Two);

        (await ClusterBench.Send(cluster)).Should().Be(HttpStatusCode.OK);

        _bench.Asked.Should().Equal(One, Two);
    }

    [Fact]
    public async Task Priority_SlowIsNotDown_NobodyElseIsDialledBesideIt()
    {
        _bench.Dns.SaysService(Service, 300, ("a.test", 80, 1, 1), ("b.test", 80, 2, 1));
        _bench.Swallows(One);
        OriginCluster cluster = _bench.OpenService();
        await AllAreKnown(cluster, One, Two);
        Task<HttpStatusCode> sending = ClusterBench.Send(cluster);
        await Eventually.Holds(() => _bench.Dialled.Contains(One), "the first dial");

        _bench.Clock.Advance(TimeSpan.FromSeconds(4));
        _bench.Dialled.Should().NotContain(Two);

        _bench.Clock.Advance(TimeSpan.FromSeconds(1));
        (await sending).Should().Be(HttpStatusCode.OK);
        _bench.Asked.Should().Equal(Two);
    }

    [Fact]
    public async Task Weights_AreDividedOverTheAddressesOfATarget()
    {
        _bench.Dns.Says("a.test", 300, One, Two);
        _bench.Dns.SaysService(Service, 300, ("a.test", 80, 1, 60), ("c.test", 80, 1, 40));
        OriginCluster cluster = _bench.OpenService();
        await SendUntilAllAreAsked(cluster, One, Two, Three);
        await _bench.Connect(One);
        await _bench.Connect(Two);
        await _bench.Connect(Three);
        _bench.Asked.Clear();
        for (int i = 0; i < 2_000; i++)
        {
            await ClusterBench.Send(cluster);
        }

        _bench.Asked.Count(address => address == One).Should().BeCloseTo(600, 20);
        _bench.Asked.Count(address => address == Two).Should().BeCloseTo(600, 20);
        _bench.Asked.Count(address => address == Three).Should().BeCloseTo(800, 20);
    }

    [Fact]
    public async Task Ttl_OfTheServiceAndOfEachTargetIsHonoured()
    {
        _bench.Dns.Says("a.test", 10, One);
        _bench.Dns.Says("b.test", 100, Two);
        _bench.Dns.SaysService(Service, 30, ("a.test", 80, 1, 1), ("b.test", 80, 1, 1));
        OriginCluster cluster = _bench.OpenService();
        await AllAreKnown(cluster, One, Two);

        for (int second = 0; second < 60; second++)
        {
            _bench.Clock.Advance(TimeSpan.FromSeconds(1.01));
            await Eventually.Holds(() => _bench.Cache.IsQuiet, "what is due is asked");
        }

        (_bench.Dns.Questions("a.test"), _bench.Dns.Questions(Service), _bench.Dns.Questions("b.test")).Should().Be((7, 3, 1), "at 0, 10, 20 … 60 s, at 0, 30 and 60 s, and at 0 s");
    }

    [Fact]
    public async Task TargetGetsAnotherAddress_ItIsFollowedWithoutTheService()
    {
        _bench = new ClusterBench(new DnsAwareOptions { LoadBalancing = LoadBalancingPolicy.RoundRobin });
        _bench.Dns.Says("a.test", 10, One);
        _bench.Dns.SaysService(Service, 300, ("a.test", 8080, 1, 1));
        OriginCluster cluster = _bench.OpenService();
        await ClusterBench.Send(cluster);

        _bench.Dns.Says("a.test", 10, Two);
        await Turn(() => ClusterBench.Members(cluster) is [Two], TimeSpan.FromSeconds(1));

        cluster.Snapshot().Endpoints.Single(endpoint => endpoint.State is not EndpointState.Draining).Address.Port.Should().Be(8080);
        _bench.Dns.Questions(Service).Should().Be(1);
    }

    [Fact]
    public async Task TargetLeaves_ItIsOfferedUntilAnotherOneIsConnected_AndReturnsAnew()
    {
        _bench.Dns.SaysService(Service, 30, ("a.test", 80, 1, 1));
        OriginCluster cluster = _bench.OpenService();
        await ClusterBench.Send(cluster);
        await _bench.Connect(One);
        StubHandler before = _bench.Handlers[One];
        _bench.Swallows(Two);
        _bench.Dns.SaysService(Service, 30, ("b.test", 80, 1, 1));
        await Refresh(cluster);

        // It is asked while nobody else can be.
        await Turn(() => _bench.Dialled.Contains(Two), TimeSpan.FromMilliseconds(10));
        ClusterBench.Members(cluster).Should().BeEquivalentTo(One, Two);

        _bench.Clock.Advance(TimeSpan.FromSeconds(2.1));
        await Eventually.Holds(() => ClusterBench.Members(cluster) is [Two], "a moment at most");
        await before.Disposed.WaitAsync(TimeSpan.FromSeconds(30));

        _bench.Swallows(Two, still: false);
        _bench.Dns.SaysService(Service, 30, ("a.test", 80, 1, 1), ("b.test", 80, 1, 1));
        await Turn(() => ClusterBench.Members(cluster).Order().SequenceEqual([One, Two]), TimeSpan.FromSeconds(1));
        _bench.Handlers[One].Should().NotBeSameAs(before, "one that drains never comes back");
    }

    [Fact]
    public async Task TargetReturnsWhileItIsHeld_ItsPoolsStay()
    {
        _bench.Dns.SaysService(Service, 30, ("a.test", 80, 1, 1));
        OriginCluster cluster = _bench.OpenService();
        await ClusterBench.Send(cluster);
        await _bench.Connect(One);
        StubHandler before = _bench.Handlers[One];
        _bench.Dns.Says("b.test", new Answer.Empty(EmptyReason.NxDomain, TimeSpan.FromSeconds(30)));
        _bench.Dns.SaysService(Service, 5, ("b.test", 80, 1, 1));
        await Refresh(cluster);
        ClusterBench.Members(cluster).Should().Equal([One], "its replacement has no address, and may yet get one");

        _bench.Dns.SaysService(Service, 30, ("a.test", 80, 5, 3));
        await Turn(() => cluster.Snapshot().Answer!.Latest.ToString().StartsWith("a.test", StringComparison.Ordinal), TimeSpan.FromSeconds(1));
        _bench.Clock.Advance(TimeSpan.FromSeconds(20));

        ClusterBench.Members(cluster).Should().Equal(One);
        _bench.Handlers[One].Should().BeSameAs(before);
        before.Disposed.IsCompleted.Should().BeFalse();
    }

    [Fact]
    public async Task AnotherWeightOrPriority_PoolsStayAndTheSpreadFollows()
    {
        _bench.Dns.SaysService(Service, 30, ("a.test", 80, 1, 1), ("b.test", 80, 1, 1));
        OriginCluster cluster = _bench.OpenService();
        await SendUntilAllAreAsked(cluster, One, Two);
        await _bench.Connect(One);
        await _bench.Connect(Two);
        StubHandler[] before = [_bench.Handlers[One], _bench.Handlers[Two]];

        _bench.Dns.SaysService(Service, 30, ("a.test", 80, 1, 9), ("b.test", 80, 1, 1));
        await Refresh(cluster);
        (await CountOf(Two, cluster, 1_000)).Should().BeCloseTo(100, 15);

        _bench.Dns.SaysService(Service, 30, ("a.test", 80, 5, 9), ("b.test", 80, 1, 1));
        await Refresh(cluster);
        (await CountOf(Two, cluster, 50)).Should().Be(50);
        new[] { _bench.Handlers[One], _bench.Handlers[Two] }.Should().Equal(before);
        before.Should().OnlyContain(handler => !handler.Disposed.IsCompleted);
    }

    [Theory]
    [InlineData("nowhere")]
    [InlineData("NXDOMAIN")]
    [InlineData("NODATA")]
    public async Task ServiceVanishes_ItsTargetsServeForTheGraceAndThenDrain(string how)
    {
        _bench.Dns.SaysService(Service, 30, ("a.test", 80, 1, 1));
        OriginCluster cluster = _bench.OpenService();
        await ClusterBench.Send(cluster);

        SaysNothing(how);
        await Refresh(cluster);
        _bench.Clock.Advance(TimeSpan.FromSeconds(25));
        (await ClusterBench.Send(cluster)).Should().Be(HttpStatusCode.OK);

        await Turn(() => ClusterBench.Members(cluster).Length == 0, TimeSpan.FromSeconds(1));
        HttpRequestException error = (await FluentActions.Awaiting(() => ClusterBench.Send(cluster)).Should().ThrowAsync<HttpRequestException>()).Which;
        error.HttpRequestError.Should().Be(HttpRequestError.NameResolutionError);
    }

    [Theory]
    [InlineData("nowhere", "the service is decidedly not available (RFC 2782)")]
    [InlineData("NXDOMAIN", "the name does not exist (NXDOMAIN)")]
    [InlineData("NODATA", "the name has no SRV record (NODATA)")]
    [InlineData("SERVFAIL", "SERVFAIL")]
    public async Task ServiceIsNowhere_TheErrorNamesItAndTheReason(string how, string reason)
    {
        SaysNothing(how);

        HttpRequestException error = (await FluentActions.Awaiting(() => ClusterBench.Send(_bench.OpenService())).Should().ThrowAsync<HttpRequestException>()).Which;

        error.HttpRequestError.Should().Be(HttpRequestError.NameResolutionError);
        error.Message.Should().StartWith($"No address is known for {_bench.Origin} by {Service}: {reason}.");
    }

    [Fact]
    public async Task NoTargetHasAnAddress_TheErrorNamesOne()
    {
        _bench.Dns.Says("a.test", new Answer.Empty(EmptyReason.NxDomain, TimeSpan.FromSeconds(30)));
        _bench.Dns.SaysService(Service, 30, ("a.test", 80, 1, 1));

        (await FluentActions.Awaiting(() => ClusterBench.Send(_bench.OpenService())).Should().ThrowAsync<HttpRequestException>())
            .WithMessage($"No address is known for {_bench.Origin} by a.test: the name does not exist (NXDOMAIN).*");
    }

    [Fact]
    public async Task OneTargetHasNoAddress_TheOthersServe()
    {
        _bench.Dns.Says("a.test", new Answer.Empty(EmptyReason.NxDomain, TimeSpan.FromSeconds(30)));
        _bench.Dns.SaysService(Service, 30, ("a.test", 80, 1, 1), ("b.test", 80, 2, 1));

        (await ClusterBench.Send(_bench.OpenService())).Should().Be(HttpStatusCode.OK);
        _bench.Asked.Should().Equal(Two);
    }

    [Fact]
    public async Task DnsFails_TheTargetsServeOn()
    {
        _bench.Dns.SaysService(Service, 30, ("a.test", 80, 1, 1));
        OriginCluster cluster = _bench.OpenService();
        await ClusterBench.Send(cluster);
        _bench.Dns.Fails(Service);
        _bench.Dns.Fails("a.test");
        await Refresh(cluster);

        for (int minute = 0; minute < 10; minute++)
        {
            _bench.Clock.Advance(TimeSpan.FromMinutes(1));
            (await ClusterBench.Send(cluster)).Should().Be(HttpStatusCode.OK);
        }

        ClusterBench.Members(cluster).Should().Equal(One);
        cluster.Snapshot().Answer!.IsStale.Should().BeTrue();
    }

    [Fact]
    public async Task MaxEndpointsPerOrigin_HoldsForAllTargetsTogether()
    {
        _bench = new ClusterBench(new DnsAwareOptions { MaxEndpointsPerOrigin = 6 });
        _bench.Dns.SaysService(Service, 300, [.. Enumerable.Range(1, 10).Select(i => ($"t{i}.test", 80, 1, 1))]);
        for (int i = 1; i <= 10; i++)
        {
            _bench.Dns.Says($"t{i}.test", 300, [.. Enumerable.Range(1, 9).Select(j => $"127.0.{i}.{j}")]);
        }

        OriginCluster cluster = _bench.OpenService();
        await Eventually.Holds(() => ClusterBench.Members(cluster).Length == 6 && _bench.Cache.IsQuiet, "one of each of six targets");
        ClusterBench.Members(cluster).Select(address => address.Split('.')[2]).Should().OnlyHaveUniqueItems();
    }

    [Fact]
    public async Task AddressFilter_HoldsForTargets()
    {
        _bench = new ClusterBench(new DnsAwareOptions { AddressFilter = static address => address.ToString() != One });
        _bench.Dns.Says("a.test", 300, One);
        _bench.Dns.Says("b.test", 300, Two);
        _bench.Dns.SaysService(Service, 300, ("a.test", 80, 1, 1));
        (await FluentActions.Awaiting(() => ClusterBench.Send(_bench.OpenService())).Should().ThrowAsync<HttpRequestException>())
            .WithMessage($"*by a.test: AddressFilter refused all of {One}*");

        _bench.Dialled.Should().BeEmpty();
    }

    [Fact]
    public async Task PickFirst_StaysWithOneOfTheFirstPriority()
    {
        _bench = new ClusterBench();
        _bench.Dns.Says("a.test", 300, One);
        _bench.Dns.Says("b.test", 300, Two);
        _bench.Dns.Says("c.test", 300, Three);
        _bench.Dns.SaysService(Service, 30, ("a.test", 80, 9, 65535), ("b.test", 80, 1, 0), ("c.test", 80, 1, 0));
        OriginCluster cluster = _bench.OpenService();
        await AllAreKnown(cluster, One, Two, Three);
        for (int i = 0; i < 10; i++)
        {
            await ClusterBench.Send(cluster);
        }

        _bench.Asked.Distinct().Should().ContainSingle().Which.Should().NotBe(One);
    }

    [Fact]
    public async Task Close_NothingIsOfferedOrRefreshedAnyMore()
    {
        _bench.Dns.SaysService(Service, 30, ("a.test", 80, 1, 1));
        OriginCluster cluster = _bench.OpenService();
        await ClusterBench.Send(cluster);

        cluster.Close(DepartureReason.HandlerDisposed, "test");
        cluster.HasEndpoints.Should().BeFalse();
        await _bench.Drainer.WhenAllDrained().WaitAsync(TimeSpan.FromSeconds(30));
        _bench.Clock.Advance(TimeSpan.FromMinutes(10));
        await Eventually.Holds(() => _bench.Cache.IsQuiet, "nothing is asked");

        _bench.Dns.Questions(Service).Should().Be(1);
        _bench.Dns.Questions("a.test").Should().Be(1);
    }

    [Fact]
    public async Task ManyChangesAtATime_WhatIsOfferedIsWhatTheLatestAnswersSay()
    {
        Random random = new(42);
        _bench = new ClusterBench(new DnsAwareOptions { EmptyAnswerGrace = TimeSpan.Zero });
        for (int i = 1; i <= 6; i++)
        {
            _bench.Dns.Says($"t{i}.test", 1, $"127.0.0.{i}");
        }

        _bench.Dns.SaysService(Service, 1, ("t1.test", 80, 1, 1));
        OriginCluster cluster = _bench.OpenService();
        await ClusterBench.Send(cluster);
        using CancellationTokenSource over = new();
        int[] sent = new int[4];
        Task[] clients = [.. Enumerable.Range(0, sent.Length).Select(client => Task.Run(async () =>
        {
            while (!over.IsCancellationRequested)
            {
                (await ClusterBench.Send(cluster)).Should().Be(HttpStatusCode.OK);
                Interlocked.Increment(ref sent[client]);

                // Stubs answer at once: without a pause the clients would keep all threads to themselves.
                await Task.Delay(TimeSpan.FromMilliseconds(1));
            }
        }))];
        await Eventually.Holds(() => sent.All(count => count > 0), "all clients send");
        for (int change = 0; change < 60; change++)
        {
            (string, int, int, int)[] targets = [.. Enumerable.Range(1, 6).Where(_ => random.Next(2) == 0).Select(i => ($"t{i}.test", 80, random.Next(1, 3), random.Next(3)))];
            _bench.Dns.SaysService(Service, 1, targets.Length > 0 ? targets : [("t6.test", 80, 1, 1)]);
            string name = $"t{random.Next(1, 7)}.test";
            _bench.Dns.Says(name, 1, $"127.0.{random.Next(1, 3)}.{name[1]}");
            _bench.Clock.Advance(TimeSpan.FromMilliseconds(700));
        }

        _bench.Dns.SaysService(Service, 1, ("t2.test", 80, 1, 1), ("t3.test", 80, 2, 1));
        _bench.Dns.Says("t2.test", 1, Two);
        _bench.Dns.Says("t3.test", 1, Three);
        await Turn(() => ClusterBench.Members(cluster).Order().SequenceEqual([Two, Three]), TimeSpan.FromSeconds(0.5));
        await over.CancelAsync();
        await Task.WhenAll(clients);
    }

    private void SaysNothing(string how)
    {
        switch (how)
        {
            case "nowhere":
                _bench.Dns.SaysService(Service, 30);
                break;
            case "SERVFAIL":
                _bench.Dns.Fails(Service);
                break;
            default:
                _bench.Dns.Says(Service, new Answer.Empty(how == "NXDOMAIN" ? EmptyReason.NxDomain : EmptyReason.NoData, TimeSpan.FromSeconds(30)));
                break;
        }
    }

    private async Task<int> CountOf(string address, OriginCluster cluster, int requests)
    {
        _bench.Asked.Clear();
        for (int i = 0; i < requests; i++)
        {
            await ClusterBench.Send(cluster);
        }

        return _bench.Asked.Count(asked => asked == address);
    }

    private static Task AllAreKnown(OriginCluster cluster, params string[] addresses) =>
        Eventually.Holds(() => ClusterBench.Members(cluster).Order().SequenceEqual(addresses), "all targets' addresses are known");

    private async Task SendUntilAllAreAsked(OriginCluster cluster, params string[] addresses)
    {
        await AllAreKnown(cluster, addresses);
        for (int i = 0; i < 4 * addresses.Length; i++)
        {
            // One that was never connected to is dialled in the background when its turn comes.
            await ClusterBench.Send(cluster);
        }

        await Eventually.Holds(() => addresses.All(address => ClusterBench.StateOf(cluster, address) is EndpointState.Ready), "all are connected");
    }

    /// <summary>Turns the clock until the service is asked again, and waits until the answer is known.</summary>
    private async Task Refresh(OriginCluster cluster)
    {
        int before = _bench.Dns.Questions(Service);
        DateTimeOffset since = cluster.Snapshot().Answer!.ExpiresAt;
        _bench.Clock.Advance(TimeSpan.FromSeconds(30.2));
        await Turn(() => _bench.Dns.Questions(Service) > before && cluster.Snapshot().Answer!.ExpiresAt > since && _bench.Cache.IsQuiet, TimeSpan.FromMilliseconds(1));
    }

    private Task Turn(Func<bool> until, TimeSpan step) => Eventually.Holds(
        () =>
        {
            _bench.Clock.Advance(step);
            return until();
        },
        "the clock is turned until it holds");
}
