using System.Net;
using System.Net.Sockets;
using DnsAwareHttp.Sending;
using DnsAwareHttp.Tests.Fakes;
using DnsAwareHttp.Tests.Loopback;
using DnsAwareHttp.Tests.Sending;

namespace DnsAwareHttp.Tests.Endpoints;

/// <summary>What requests are offered as the endpoints fare: order, 421, silence, renewal, slow start.</summary>
public sealed class NameEndpointsTests : IAsyncDisposable
{
    private const string One = "127.0.0.1";
    private const string Two = "127.0.0.2";
    private const string Three = "127.0.0.3";
    private const string Six = "2001:db8::1";
    private const string OtherSix = "2001:db8::2";

    private ClusterBench _bench = new();

    public ValueTask DisposeAsync() => _bench.DisposeAsync();

    [Fact]
    public async Task TheSameAnswer_RenewsItsAgeAndItsTtl_AndPublishesNothing()
    {
        OriginCluster cluster = _bench.Open(One, Two);
        await Send(cluster);
        await _bench.Refresh(cluster);
        AnswerSnapshot before = _bench.Snapshot(cluster).Answer!;
        _bench.Sources.Otherwise = static _ => throw new InvalidOperationException("no route is asked for");

        await _bench.Refresh(cluster);

        AnswerSnapshot after = _bench.Snapshot(cluster).Answer!;
        after.ExpiresAt.Should().BeAfter(before.ExpiresAt);
        ClusterBench.Members(cluster).Should().BeEquivalentTo(One, Two);
        _bench.Log.Events.Should().NotContain("ReconcileThrew");
    }

    [Fact]
    public async Task TheSameAnswer_EndsTheGraceOfAnEmptyOne()
    {
        _bench = new ClusterBench(new DnsAwareOptions { EmptyAnswerGrace = TimeSpan.FromMinutes(1) });
        OriginCluster cluster = _bench.Open(One, Two);
        await Send(cluster);
        _bench.Dns.Says("svc.test", new Answer.Empty(EmptyReason.NxDomain, TimeSpan.FromSeconds(30)));
        await _bench.Refresh(cluster);
        _bench.Dns.Says("svc.test", 30, One, Two);
        await _bench.Refresh(cluster);

        _bench.Clock.Advance(TimeSpan.FromMinutes(1));

        ClusterBench.Members(cluster).Should().BeEquivalentTo(One, Two);
        (await Send(cluster)).Should().Be(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Misdirected_TheEndpointIsAvoidedUntilTheNextAnswer()
    {
        _bench = new ClusterBench(new DnsAwareOptions { LoadBalancing = LoadBalancingPolicy.RoundRobin });
        OriginCluster cluster = _bench.Open(One, Two);
        await Send(cluster);
        await _bench.Connect(One);
        await _bench.Connect(Two);
        _bench.Asked.Clear();
        _bench.Says(One, HttpStatusCode.MisdirectedRequest);
        for (int i = 0; i < 10; i++)
        {
            (await Send(cluster)).Should().Be(HttpStatusCode.OK);
        }

        _bench.Asked.Count(address => address == One).Should().Be(1);
        _bench.Snapshot(cluster).Endpoints.Single(e => e.Address.Address.ToString() == One).Reason.Should().Contain("421");

        _bench.Says(One, HttpStatusCode.OK);
        await _bench.Refresh(cluster);
        await Eventually.Holds(() => _bench.Snapshot(cluster).Endpoints.All(e => !e.Reason.Contains("421", StringComparison.Ordinal)), "the next answer names it again");
        for (int i = 0; i < 10; i++)
        {
            await Send(cluster);
        }

        _bench.Asked.Count(address => address == One).Should().BeGreaterThan(3);
    }

    [Fact]
    public async Task AddressThatLeavesWhileItsReplacementConnects_KeepsItsPriority()
    {
        _bench = new ClusterBench(new DnsAwareOptions { AddressPriorities = new LastOfThree() });
        OriginCluster cluster = _bench.Open(Three);
        await Send(cluster);
        await _bench.Connect(Three);
        _bench.Swallows(Two);
        _bench.Dns.Says("svc.test", 30, Two);
        await _bench.Refresh(cluster);

        cluster.Snapshot().Endpoints.Where(e => e.State is not EndpointState.Draining).Select(e => (e.Address.Address.ToString(), e.Priority))
            .Should().BeEquivalentTo([(Two, 0), (Three, 1)]);
        _bench.Asked.Clear();
        await Send(cluster);
        _bench.Asked.Should().Equal([Three], "the other one is not connected yet");
    }

    private sealed class LastOfThree : AddressPriorities
    {
        public override int PriorityOf(IPAddress address, string host, int port) => address.ToString() == Three ? 1 : 0;
    }

    [Fact]
    public async Task Misdirected_NobodyElseCanBeConnectedTo_TheCallerGetsThe421()
    {
        OriginCluster cluster = _bench.Open(One, Two);
        _bench.Says(One, HttpStatusCode.MisdirectedRequest);
        _bench.Says(Two, static _ => throw new HttpRequestException(HttpRequestError.SecureConnectionError, "no common cipher"));

        (await Send(cluster)).Should().Be(HttpStatusCode.MisdirectedRequest);

        _bench.Asked.Should().Equal(One, Two);
    }

    [Fact]
    public async Task BothFamilies_TheBetterRankIsTriedFirst()
    {
        OriginCluster cluster = _bench.Open(One, Six);

        await Send(cluster);

        _bench.Asked.Should().Equal([Six], "RFC 6724 prefers it, whatever the order of the answer");
    }

    [Fact]
    public async Task NoRouteToAFamily_ItIsNotDialled()
    {
        _bench.Sources.Otherwise = static address => address.AddressFamily is AddressFamily.InterNetworkV6 ? null : address;
        OriginCluster cluster = _bench.Open(Six, OtherSix, One);

        for (int i = 0; i < 5; i++)
        {
            await Send(cluster);
        }

        _bench.Dialled.Should().OnlyContain(address => address == One);
        ClusterBench.StateOf(cluster, Six).Should().Be(EndpointState.Idle, "it does not fail: nobody tries");
    }

    [Fact]
    public async Task NoRouteAtAll_AllAreTried()
    {
        _bench.Sources.Otherwise = static _ => null;
        OriginCluster cluster = _bench.Open(One, Two);

        (await Send(cluster)).Should().Be(HttpStatusCode.OK);
    }

    [Fact]
    public async Task OneFamilySwallows_TheOtherIsTriedNextAndBeginsFromThenOn()
    {
        OriginCluster cluster = _bench.Open(Six, OtherSix, One);
        _bench.Swallows(Six);
        _bench.Swallows(OtherSix);
        Task<HttpStatusCode> first = Send(cluster);
        await Eventually.Holds(() => _bench.Dialled.Contains(Six), "the first dial");
        _bench.Clock.Advance(TimeSpan.FromMilliseconds(250));

        (await first).Should().Be(HttpStatusCode.OK);
        _bench.Dialled.Should().Equal([Six, One], "the families take turns (RFC 8305 section 4)");

        // No connection is left and the clock stands still: a request that waited for the silent family would never end.
        _bench.Clock.Advance(TimeSpan.FromSeconds(3.1));
        _bench.Clock.Advance(TimeSpan.FromMilliseconds(1));
        (await Send(cluster).WaitAsync(TimeSpan.FromSeconds(30))).Should().Be(HttpStatusCode.OK);
        _bench.Asked.Should().OnlyContain(address => address == One);
    }

    [Fact]
    public async Task AnotherOriginOfTheName_BeginsWithTheFamilyThatWon()
    {
        OriginCluster cluster = _bench.Open(Six, One);
        _bench.Swallows(Six);
        Task<HttpStatusCode> first = Send(cluster);
        await Eventually.Holds(() => _bench.Dialled.Contains(Six), "the first dial");
        _bench.Clock.Advance(TimeSpan.FromMilliseconds(250));
        await first;

        OriginCluster other = _bench.Open();

        (await Send(other).WaitAsync(TimeSpan.FromSeconds(30))).Should().Be(HttpStatusCode.OK);
        _bench.Dialled.Should().Equal(Six, One, One);
    }

    [Fact]
    public async Task PeerGoesSilent_OthersTakeTheRequestsAndThoseInFlightGoOn()
    {
        OriginCluster cluster = _bench.Open(One, Two);
        await Send(cluster);
        await _bench.Refresh(cluster);
        TaskCompletionSource<HttpResponseMessage> late = AnswersLate(One);
        Socket silent = await _bench.Connect(One);
        await _bench.Connect(Two);
        Task<HttpStatusCode> inFlight = await InFlight(cluster);
        _bench.Swallows(One);

        _bench.Silent[silent] = true;
        await Eventually.Holds(() => Moves(_bench.Dialled.Last() == One && _bench.Log.Entries.Any(entry => entry.Event == "EndpointSilent")), "the silence is noticed");

        _bench.Says(One, HttpStatusCode.OK);
        for (int i = 0; i < 5; i++)
        {
            (await Send(cluster).WaitAsync(TimeSpan.FromSeconds(30))).Should().Be(HttpStatusCode.OK);
        }

        _bench.Asked.Skip(2).Should().OnlyContain(address => address == Two);
        late.SetResult(new HttpResponseMessage(HttpStatusCode.Accepted));
        (await inFlight).Should().Be(HttpStatusCode.Accepted);
    }

    [Fact]
    public async Task PeerGoesSilent_ItIsDialledAnewAndUsedAgainWhenItIsBack()
    {
        OriginCluster cluster = _bench.Open(One, Two);
        await Send(cluster);
        TaskCompletionSource<HttpResponseMessage> late = AnswersLate(One);
        Socket silent = await _bench.Connect(One);
        await _bench.Connect(Two);
        Task<HttpStatusCode> inFlight = await InFlight(cluster);
        _bench.Swallows(One);
        _bench.Silent[silent] = true;
        await Eventually.Holds(() => Moves(_bench.Log.Entries.Any(entry => entry.Event == "EndpointSilent")), "the silence is noticed");
        await Eventually.Holds(() => Moves(Live(cluster, One).State is EndpointState.Failing), "the new dial ends without success");

        _bench.Swallows(One, still: false);
        await Eventually.Holds(() => Moves(Live(cluster, One).State is EndpointState.Ready), "it is dialled again in the background");

        late.SetResult(new HttpResponseMessage());
        await inFlight;
    }

    [Fact]
    public async Task TheOnlyPeerGoesSilent_ItKeepsTheRequestsUntilANewConnectionIsThere()
    {
        OriginCluster cluster = _bench.Open(One);
        await Send(cluster);
        TaskCompletionSource<HttpResponseMessage> late = AnswersLate(One);
        Socket silent = await _bench.Connect(One);
        Task<HttpStatusCode> inFlight = await InFlight(cluster);
        _bench.Swallows(One);
        int dialled = _bench.Dialled.Count;
        _bench.Silent[silent] = true;
        await Eventually.Holds(() => Moves(_bench.Dialled.Count > dialled), "it is dialled anew");
        _bench.Snapshot(cluster).Endpoints.Should().ContainSingle().Which.State.Should().Be(EndpointState.Ready, "nobody else is there");

        _bench.Swallows(One, still: false);
        await Eventually.Holds(() => Moves(_bench.Snapshot(cluster).Endpoints.Any(e => e.State is EndpointState.Draining)), "the new connection takes over");

        Live(cluster, One).State.Should().Be(EndpointState.Ready);
        late.SetResult(new HttpResponseMessage());
        (await inFlight).Should().Be(HttpStatusCode.OK);
    }

    [Fact]
    public async Task SlowAnswers_AreNoSilence()
    {
        OriginCluster cluster = _bench.Open(One, Two);
        await Send(cluster);
        TaskCompletionSource<HttpResponseMessage> late = AnswersLate(One);
        await _bench.Connect(One);
        Task<HttpStatusCode> inFlight = await InFlight(cluster);

        for (int i = 0; i < 100; i++)
        {
            _bench.Clock.Advance(TimeSpan.FromMilliseconds(250));
        }

        _bench.Snapshot(cluster).Endpoints.Should().NotContain(e => e.State == EndpointState.Draining);
        late.SetResult(new HttpResponseMessage());
        await inFlight;
    }

    [Fact]
    public async Task MaxRequestsPerConnection_ANewPoolTakesOverOnceItIsConnected()
    {
        _bench = new ClusterBench(new DnsAwareOptions { MaxRequestsPerConnection = 3 });
        OriginCluster cluster = _bench.Open(One);
        await Send(cluster);
        await _bench.Connect(One);
        StubHandler first = _bench.Handlers[One];
        _bench.Swallows(One);
        await Send(cluster);
        await Send(cluster);
        await Eventually.Holds(() => _bench.Dialled.Count == 2, "a new connection is dialled");
        await Send(cluster);
        first.Requests.Should().Be(4, "until it is there, the old one serves");

        _bench.Swallows(One, still: false);
        _bench.Clock.Advance(TimeSpan.FromSeconds(5.1));
        using CancellationTokenSource deadline = new(TimeSpan.FromSeconds(30));
        while (_bench.Handlers[One] == first || _bench.Handlers[One].Requests == 0)
        {
            // It failed once: it is tried again after as many requests.
            await Send(cluster);
            deadline.Token.ThrowIfCancellationRequested();
        }

        await Eventually.Holds(() => _bench.Snapshot(cluster).Endpoints.Length == 2, "the old one drains: a connection of it is open");
        await first.Disposed.WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task MaxRequestsPerConnection_MoreConnectionsServeMore()
    {
        _bench = new ClusterBench(new DnsAwareOptions { MaxRequestsPerConnection = 10 });
        OriginCluster cluster = _bench.Open(One);
        await Send(cluster);
        await _bench.Connect(One);
        await _bench.Connect(One);
        for (int i = 1; i < 19; i++)
        {
            await Send(cluster);
        }

        _bench.Dialled.Should().ContainSingle("two connections have served 19 requests");
        await Send(cluster);

        await Eventually.Holds(() => _bench.Dialled.Count == 2, "ten each");
    }

    [Theory]
    [InlineData(LoadBalancingPolicy.LeastRequests)]
    [InlineData(LoadBalancingPolicy.RoundRobin)]
    public async Task NewMember_ReachesItsShareSlowlyWhileOthersAreWarm(LoadBalancingPolicy policy)
    {
        _bench = new ClusterBench(new DnsAwareOptions { LoadBalancing = policy });
        OriginCluster cluster = _bench.Open(One, Two);
        await Send(cluster);
        await _bench.Refresh(cluster);
        await _bench.Connect(One);
        await _bench.Connect(Two);
        _bench.Dns.Says("svc.test", 300, One, Two, Three);
        _bench.Clock.Advance(TimeSpan.FromSeconds(31));
        await Eventually.Holds(() => Moves(ClusterBench.Members(cluster).Contains(Three)), "it joins");
        await _bench.Connect(Three);

        (await ShareOfThree(cluster)).Should().BeInRange(0.01, 0.12, "a tenth of a third");
        await Pass(cluster, TimeSpan.FromSeconds(5));
        (await ShareOfThree(cluster)).Should().BeInRange(0.12, 0.25, "half of a third");
        await Pass(cluster, TimeSpan.FromSeconds(5.5));
        (await ShareOfThree(cluster)).Should().BeInRange(0.27, 0.40, "a third");
    }

    private TaskCompletionSource<HttpResponseMessage> AnswersLate(string address)
    {
        TaskCompletionSource<HttpResponseMessage> late = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _bench.Says(address, _ => late.Task);
        return late;
    }

    private async Task<Task<HttpStatusCode>> InFlight(OriginCluster cluster)
    {
        int before = _bench.Asked.Count;
        Task<HttpStatusCode> inFlight = Send(cluster);
        await Eventually.Holds(() => _bench.Asked.Count > before, "it is sent");
        return inFlight;
    }

    private static EndpointSnapshot Live(OriginCluster cluster, string address) =>
        cluster.Snapshot().Endpoints.Single(e => e.Address.Address.ToString() == address && e.State is not EndpointState.Draining);

    // Requests flow, or nobody looks at the endpoints.
    private async Task Pass(OriginCluster cluster, TimeSpan time)
    {
        for (TimeSpan passed = TimeSpan.Zero; passed < time; passed += TimeSpan.FromMilliseconds(250))
        {
            await Send(cluster);
            _bench.Clock.Advance(TimeSpan.FromMilliseconds(250));
        }
    }

    private async Task<double> ShareOfThree(OriginCluster cluster)
    {
        _bench.Asked.Clear();
        for (int i = 0; i < 1_000; i++)
        {
            await Send(cluster);
        }

        return _bench.Asked.Count(address => address == Three) / 1_000.0;
    }

    private static Task<HttpStatusCode> Send(OriginCluster cluster) => ClusterBench.Send(cluster);

    private bool Moves(bool condition)
    {
        _bench.Clock.Advance(TimeSpan.FromMilliseconds(50));
        return condition;
    }
}
