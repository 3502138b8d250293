using System.Net;
using System.Net.Sockets;
using DnsAwareHttp.Sending;
using DnsAwareHttp.Tests.Loopback;

namespace DnsAwareHttp.Tests.Sending;

public sealed class OriginClusterTests : IAsyncDisposable
{
    private const string One = "127.0.0.1";
    private const string Two = "127.0.0.2";
    private const string Three = "127.0.0.3";

    private ClusterBench _bench = new();

    public ValueTask DisposeAsync() => _bench.DisposeAsync();

    [Theory]
    [InlineData("GET")]
    [InlineData("HEAD")]
    [InlineData("POST")]
    [InlineData("PUT")]
    [InlineData("PATCH")]
    [InlineData("DELETE")]
    [InlineData("OPTIONS")]
    public async Task HandshakeFails_TheRequestGoesToTheNextAddressWithItsBodyUnread(string method)
    {
        OriginCluster cluster = _bench.Open(One, Two);
        _bench.Says(One, static _ => throw new HttpRequestException(HttpRequestError.SecureConnectionError, "no common cipher"));
        string? received = null;
        _bench.Says(Two, async request =>
        {
            received = request.Content is null ? null : await request.Content.ReadAsStringAsync();
            return new HttpResponseMessage();
        });
        using MemoryStream body = new("whole body"u8.ToArray());
        using HttpRequestMessage request = new(new HttpMethod(method), "http://svc.test/") { Content = new StreamContent(body) };

        using HttpResponseMessage response = await cluster.SendAsync(request, null, async: true, CancellationToken.None);

        response.StatusCode.Should().Be(HttpStatusCode.OK);
        received.Should().Be("whole body");
        _bench.Asked.Should().Equal(One, Two);
    }

    [Fact]
    public async Task ConnectFails_TheRequestGoesToTheNextAddressAndNeverMeetsTheFirst()
    {
        OriginCluster cluster = _bench.Open(One, Two);
        _bench.Says(One, null);

        await Send(cluster);

        _bench.Asked.Should().Equal(Two);
    }

    [Fact]
    public async Task HandshakeFailsThreeTimesInARow_TheEndpointIsAvoided()
    {
        OriginCluster cluster = _bench.Open(One, Two);
        _bench.Says(One, static _ => throw new HttpRequestException(HttpRequestError.SecureConnectionError, "no common cipher"));

        for (int i = 0; i < 5; i++)
        {
            await Send(cluster);
        }

        _bench.Asked.Count(address => address == One).Should().Be(3);
        ClusterBench.StateOf(cluster, One).Should().Be(EndpointState.Failing);
    }

    [Fact]
    public async Task AllConnectsFail_TheErrorNamesEveryAddressAndItsReason()
    {
        OriginCluster cluster = _bench.Open(One, Two, Three);
        _bench.Says(One, null);
        _bench.Says(Two, null);
        _bench.Says(Three, null);

        HttpRequestException error = (await Sending(cluster).Should().ThrowAsync<HttpRequestException>()).Which;

        error.HttpRequestError.Should().Be(HttpRequestError.ConnectionError);
        error.Message.Should().Contain(One).And.Contain(Two).And.Contain(Three).And.Contain("svc.test").And.Contain(new SocketException((int)SocketError.ConnectionRefused).Message);
        error.InnerException.Should().BeOfType<SocketException>();
        _bench.Asked.Should().ContainSingle("the picked one's handler reports the failure of all as the runtime does");
    }

    [Fact]
    public async Task TheOnlyAddressFails_TheErrorIsTheHandlersOwn()
    {
        OriginCluster cluster = _bench.Open(One);
        _bench.Says(One, null);

        (await Sending(cluster).Should().ThrowAsync<HttpRequestException>()).Which.Message.Should().EndWith("(svc.test:80)");
    }

    [Fact]
    public async Task FailsAfterItWasSent_IsNotSentElsewhere()
    {
        OriginCluster cluster = _bench.Open(One, Two);
        _bench.Says(One, static _ => throw new HttpRequestException(HttpRequestError.ResponseEnded, "ended"));

        await Sending(cluster).Should().ThrowAsync<HttpRequestException>().WithMessage("ended");

        _bench.Asked.Should().Equal(One);
    }

    [Fact]
    public async Task FailingEndpoint_IsAvoidedThenRecoveredAndPickFirstStaysWithItsChoice()
    {
        OriginCluster cluster = _bench.Open(One, Two);
        _bench.Says(One, null);
        await Send(cluster);
        ClusterBench.StateOf(cluster, One).Should().Be(EndpointState.Failing);
        await Send(cluster);
        _bench.Asked.Should().Equal(Two, Two);

        _bench.Says(One, HttpStatusCode.OK);
        await Eventually.Holds(
            () =>
            {
                _bench.Clock.Advance(TimeSpan.FromSeconds(1));
                return ClusterBench.StateOf(cluster, One) is EndpointState.Ready;
            },
            "it is found to answer again");

        await Send(cluster);
        _bench.Asked.Should().Equal(Two, Two, Two);
    }

    [Fact]
    public async Task AllEndpointsFailing_AreAllTriedAgain()
    {
        OriginCluster cluster = _bench.Open(One, Two);
        _bench.Says(One, null);
        _bench.Says(Two, null);
        await Sending(cluster).Should().ThrowAsync<HttpRequestException>();

        _bench.Says(Two, HttpStatusCode.OK);

        await Send(cluster);
        ClusterBench.StateOf(cluster, Two).Should().Be(EndpointState.Ready);
    }

    [Fact]
    public async Task ConnectFails_TheNameIsAskedEarly()
    {
        OriginCluster cluster = _bench.Open(One, Two);
        await Send(cluster);
        await Eventually.Holds(() => _bench.Clock.ActiveTimers == 3, "the next question is planned, a socket is parked, and the endpoints are looked at");
        _bench.Says(One, null);

        await Send(cluster);

        await Eventually.Holds(() => Moves(_bench.Dns.Questions("svc.test") == 2), "a second question");
    }

    [Theory]
    [InlineData("none")]
    [InlineData("bytes")]
    [InlineData("string")]
    [InlineData("memory")]
    public async Task Misdirected_WithRepeatableContent_IsSentOnceMoreElsewhere(string content)
    {
        OriginCluster cluster = _bench.Open(One, Two, Three);
        _bench.Says(One, HttpStatusCode.MisdirectedRequest);

        (await Send(cluster, Content(content))).Should().Be(HttpStatusCode.OK);

        _bench.Asked.Should().HaveCount(2).And.StartWith(One);
    }

    [Fact]
    public async Task Misdirected_WithAStream_IsReturnedAsItIs()
    {
        OriginCluster cluster = _bench.Open(One, Two);
        _bench.Says(One, HttpStatusCode.MisdirectedRequest);

        (await Send(cluster, Content("stream"))).Should().Be(HttpStatusCode.MisdirectedRequest);

        _bench.Asked.Should().Equal(One);
    }

    [Fact]
    public async Task MisdirectedTwice_IsReturned()
    {
        OriginCluster cluster = _bench.Open(One, Two, Three);
        _bench.Says(One, HttpStatusCode.MisdirectedRequest);
        _bench.Says(Two, HttpStatusCode.MisdirectedRequest);
        _bench.Says(Three, HttpStatusCode.MisdirectedRequest);

        (await Send(cluster)).Should().Be(HttpStatusCode.MisdirectedRequest);

        _bench.Asked.Should().HaveCount(2);
    }

    [Fact]
    public async Task Misdirected_ByTheOnlyEndpoint_IsReturned()
    {
        OriginCluster cluster = _bench.Open(One);
        _bench.Says(One, HttpStatusCode.MisdirectedRequest);

        (await Send(cluster)).Should().Be(HttpStatusCode.MisdirectedRequest);
    }

    [Fact]
    public async Task Misdirected_ThenTheClusterIsClosedAndNobodyElseConnects_IsReturnedAndNotSentAgain()
    {
        OriginCluster cluster = _bench.Open(One, Two);
        _bench.Says(One, HttpStatusCode.MisdirectedRequest);
        _bench.Says(Two, _ =>
        {
            cluster.Close(DepartureReason.HandlerDisposed, "the handler was disposed");
            throw new SocketException((int)SocketError.ConnectionReset);
        });

        (await Send(cluster)).Should().Be(HttpStatusCode.MisdirectedRequest);

        _bench.Asked.Should().Equal(One, Two);
        _bench.Reopened.Should().Be(0);
    }

    [Fact]
    public async Task RetryMisdirectedRequestsOff_TheResponseIsReturned()
    {
        _bench = new ClusterBench(new DnsAwareOptions { LoadBalancing = LoadBalancingPolicy.PickFirst, RetryMisdirectedRequests = false });
        OriginCluster cluster = _bench.Open(One, Two);
        _bench.Says(One, HttpStatusCode.MisdirectedRequest);

        (await Send(cluster)).Should().Be(HttpStatusCode.MisdirectedRequest);

        _bench.Asked.Should().Equal(One);
    }

    [Fact]
    public async Task EmptyAnswer_MembersAreKeptForTheGraceThenDrained()
    {
        OriginCluster cluster = await OpenAndSend(One);
        _bench.Dns.Says("svc.test", new Answer.Empty(EmptyReason.NxDomain, TimeSpan.FromSeconds(30)));
        await _bench.Refresh(cluster);
        await Send(cluster);

        _bench.Clock.Advance(TimeSpan.FromSeconds(25));
        ClusterBench.Members(cluster).Should().Equal(One);
        _bench.Clock.Advance(TimeSpan.FromSeconds(5.1));

        await Eventually.Holds(() => Moves(ClusterBench.Members(cluster).Length == 0), "the grace ends");
        await _bench.Drainer.WhenAllDrained();
        _bench.Handlers[One].Disposed.IsCompleted.Should().BeTrue();
        (await Sending(cluster).Should().ThrowAsync<HttpRequestException>()).Which.Message.Should().Contain("NXDOMAIN");
    }

    [Fact]
    public async Task EmptyAnswer_TheAddressReturnsInTime_NothingDrains()
    {
        OriginCluster cluster = await OpenAndSend(One);
        _bench.Dns.Says("svc.test", new Answer.Empty(EmptyReason.NoData, TimeSpan.FromSeconds(5)));
        await _bench.Refresh(cluster);
        _bench.Dns.Says("svc.test", 300, One, Two);
        _bench.Clock.Advance(TimeSpan.FromSeconds(5.2));
        await Eventually.Holds(() => Moves(ClusterBench.Members(cluster).Contains(Two)), "it returns, and another with it");

        _bench.Clock.Advance(TimeSpan.FromSeconds(60));

        ClusterBench.Members(cluster).Should().Equal(One, Two);
        _bench.Handlers[One].Disposed.IsCompleted.Should().BeFalse();
    }

    [Fact]
    public async Task EmptyAnswer_WithoutGrace_MembersDrainAtOnce()
    {
        _bench = new ClusterBench(new DnsAwareOptions { EmptyAnswerGrace = TimeSpan.Zero });
        OriginCluster cluster = await OpenAndSend(One);
        _bench.Dns.Says("svc.test", new Answer.Empty(EmptyReason.NxDomain, TimeSpan.FromSeconds(30)));

        await _bench.Refresh(cluster);

        await Eventually.Holds(() => ClusterBench.Members(cluster).Length == 0, "the member leaves");
    }

    [Fact]
    public async Task Failure_KeepsTheMembers()
    {
        OriginCluster cluster = await OpenAndSend(One);
        _bench.Dns.Fails("svc.test");

        await _bench.Refresh(cluster);
        _bench.Clock.Advance(TimeSpan.FromMinutes(10));

        ClusterBench.Members(cluster).Should().Equal(One);
        await Send(cluster);
    }

    [Fact]
    public async Task AddressFilterRefusesOrThrows_TheAddressIsNeverUsed()
    {
        _bench = new ClusterBench(new DnsAwareOptions
        {
            LoadBalancing = LoadBalancingPolicy.RoundRobin,
            AddressFilter = address => address.ToString() switch
            {
                One => false,
                Two => throw new InvalidOperationException("about two"),
                _ => true,
            },
        });
        OriginCluster cluster = _bench.Open(One, Two, Three);

        await Send(cluster);
        await Send(cluster);

        _bench.Asked.Should().Equal(Three, Three);
        _bench.Log.Entries.Should().Contain(entry => entry.Event == "AddressRefused").And.Contain(entry => entry.Event == "AddressFilterThrew");
    }

    [Fact]
    public async Task AddressFilterRefusesAll_TheErrorNamesThem()
    {
        _bench = new ClusterBench(new DnsAwareOptions { AddressFilter = static _ => false });
        OriginCluster cluster = _bench.Open(One, Two);

        HttpRequestException error = (await Sending(cluster).Should().ThrowAsync<HttpRequestException>()).Which;

        error.Message.Should().Contain("AddressFilter").And.Contain(One).And.Contain(Two);
        error.HttpRequestError.Should().Be(HttpRequestError.ConnectionError);
        _bench.Handlers.Should().BeEmpty();
    }

    [Fact]
    public async Task MaxEndpointsPerOrigin_BoundsThePools()
    {
        _bench = new ClusterBench(new DnsAwareOptions { MaxEndpointsPerOrigin = 2 });
        OriginCluster cluster = _bench.Open(One, Two, Three, "127.0.0.4");

        await Send(cluster);

        _bench.Handlers.Should().HaveCount(2);
        ClusterBench.Members(cluster).Should().HaveCount(2);
    }

    [Fact]
    public async Task Unused_IsClosedAndTheNextRequestIsServedByTheNextCluster()
    {
        OriginCluster cluster = await OpenAndSend(One);
        cluster.CloseIfUnused(TimeSpan.FromMinutes(5)).Should().BeFalse("it was just used");
        _bench.Clock.Advance(TimeSpan.FromMinutes(4));
        cluster.CloseIfUnused(TimeSpan.FromMinutes(5)).Should().BeFalse();
        _bench.Clock.Advance(TimeSpan.FromMinutes(1));

        cluster.CloseIfUnused(TimeSpan.FromMinutes(5)).Should().BeTrue();

        cluster.IsClosed.Should().BeTrue();
        await _bench.Drainer.WhenAllDrained();
        await Send(cluster);
        _bench.Reopened.Should().Be(1);
    }

    [Fact]
    public async Task RequestInside_KeepsTheClusterOpen()
    {
        OriginCluster cluster = _bench.Open(One);
        TaskCompletionSource<HttpResponseMessage> headers = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _bench.Says(One, _ => headers.Task);
        Task<HttpStatusCode> sending = Send(cluster);
        await Eventually.Holds(() => !_bench.Asked.IsEmpty, "the request is inside");
        cluster.CloseIfUnused(TimeSpan.FromMinutes(5));
        _bench.Clock.Advance(TimeSpan.FromMinutes(10));

        cluster.CloseIfUnused(TimeSpan.FromMinutes(5)).Should().BeFalse();

        headers.SetResult(new HttpResponseMessage());
        await sending;
        cluster.CloseIfUnused(TimeSpan.FromMinutes(5)).Should().BeTrue();
    }

    [Fact]
    public async Task RequestThatWaitsForTheFirstAnswer_KeepsTheClusterOpen()
    {
        _bench.Dns.Hold();
        OriginCluster cluster = _bench.Open(One);
        Task<HttpStatusCode> sending = Send(cluster);

        cluster.CloseIfUnused(TimeSpan.Zero).Should().BeFalse("a full table would close and reopen it as long as the question runs");

        _bench.Dns.Release();
        await sending;
        _bench.Reopened.Should().Be(0);
        cluster.CloseIfUnused(TimeSpan.Zero).Should().BeTrue();
    }

    [Fact]
    public async Task ClosedWhileARequestWaitsForTheFirstAnswer_TheNextClusterServesIt()
    {
        _bench.Dns.Hold();
        OriginCluster cluster = _bench.Open(One);
        Task<HttpStatusCode> sending = Send(cluster);

        cluster.Close(DepartureReason.OriginUnused, "its origin is unused");
        _bench.Dns.Release();

        (await sending).Should().Be(HttpStatusCode.OK);
        _bench.Reopened.Should().Be(1);
    }

    [Fact]
    public async Task RequestsRacingWithTheClose_AreAllServed()
    {
        for (int round = 0; round < 300; round++)
        {
            OriginCluster cluster = _bench.Open(One);
            Task<HttpStatusCode>[] sending = [.. Enumerable.Range(0, 4).Select(_ => Task.Run(() => Send(cluster)))];
            cluster.Close(DepartureReason.OriginUnused, "its origin is unused");

            (await Task.WhenAll(sending)).Should().OnlyContain(status => status == HttpStatusCode.OK);
        }
    }

    private static Task<HttpStatusCode> Send(OriginCluster cluster, HttpContent? content = null) => ClusterBench.Send(cluster, content);

    private static Func<Task> Sending(OriginCluster cluster) => () => Send(cluster);

    private static HttpContent? Content(string kind) => kind switch
    {
        "bytes" => new ByteArrayContent([1, 2, 3]),
        "string" => new StringContent("text"),
        "memory" => new ReadOnlyMemoryContent(new byte[3]),
        "stream" => new StreamContent(new MemoryStream([1, 2, 3])),
        _ => null,
    };

    private async Task<OriginCluster> OpenAndSend(params string[] addresses)
    {
        OriginCluster cluster = _bench.Open(addresses);
        await Send(cluster);
        return cluster;
    }

    private bool Moves(bool condition)
    {
        _bench.Clock.Advance(TimeSpan.FromMilliseconds(1));
        return condition;
    }
}
