using System.Net;
using DnsAwareHttp.Membership;
using DnsAwareHttp.Sending;
using DnsAwareHttp.Tests.Fakes;
using DnsAwareHttp.Tests.Loopback;
using DnsAwareHttp.Tests.Sending;

namespace DnsAwareHttp.Tests.Endpoints;

/// <summary>Addresses that rotate in and out of the answers: absent ones take requests like others, until they say farewell themselves.</summary>
public sealed class LingeringTests : IAsyncDisposable
{
    private const string One = "127.0.0.1";
    private const string Two = "127.0.0.2";
    private const string Three = "127.0.0.3";
    private static readonly string[] All = [One, Two, Three];

    private readonly ClusterBench _bench = new(
        new DnsAwareOptions { LoadBalancing = LoadBalancingPolicy.RoundRobin, ConnectTimeout = TimeSpan.FromMinutes(1) }, new AdaptiveMembership(64, 1, TimeSpan.FromDays(1)));

    private OriginCluster _cluster = null!;

    public ValueTask DisposeAsync() => _bench.DisposeAsync();

    [Fact]
    public async Task AbsentAndWell_TakesRequestsLikeTheOthers()
    {
        await Rotate();

        _bench.Asked.Clear();
        await SendMany();

        _bench.Asked.Distinct().Should().BeEquivalentTo(All);
        _cluster.Snapshot().Endpoints.Single(e => e.Address.Address.ToString() == One).Membership.Should().StartWith("absent 2 of ").And.Contain("answers rotate");
        _bench.Log.Entries.Count(entry => entry.Event == "EndpointDraining").Should().BeLessThanOrEqualTo(3, "only while it was learnt");
    }

    [Fact]
    public async Task AbsentAndRefusing_IsGoneAtOnce()
    {
        string absent = await Rotate();

        _bench.Dialers[absent].Dialled!(new System.Net.Sockets.SocketException((int)System.Net.Sockets.SocketError.ConnectionRefused));

        ClusterBench.Members(_cluster).Should().NotContain(absent).And.HaveCount(2);
        WhyItLeft(absent).Should().Contain("absent and refused");
    }

    [Fact]
    public async Task AbsentAndItsConnectionBreaks_IsGoneSoon()
    {
        string absent = await Rotate();
        _bench.Says(absent, static _ => throw new HttpRequestException(HttpRequestError.ResponseEnded, "ended"));
        await FluentActions.Awaiting(SendMany).Should().ThrowAsync<HttpRequestException>();

        await Eventually.Holds(() => Moves(!ClusterBench.Members(_cluster).Contains(absent)), "it is let go");

        WhyItLeft(absent).Should().Contain("absent and its connection broke");
    }

    [Fact]
    public async Task AbsentAndThePeerEndsAConnection_IsGoneSoon()
    {
        string absent = await Rotate();
        await Send();

        _bench.Dialers[absent].Streams.WasEndedByPeer = true;

        await Eventually.Holds(() => Moves(!ClusterBench.Members(_cluster).Contains(absent)), "it is let go");
        WhyItLeft(absent).Should().Contain("absent and it ended a connection");
    }

    [Fact]
    public async Task PresentAndThePeerEndsAConnection_Stays()
    {
        string absent = await Rotate();
        string present = _cluster.Snapshot().Answer!.Addresses.Single().ToString();
        present.Should().NotBe(absent);

        _bench.Dialers[present].Streams.WasEndedByPeer = true;
        await Send();
        for (int i = 0; i < 8; i++)
        {
            Moves(true);
        }

        ClusterBench.Members(_cluster).Should().BeEquivalentTo(All);
    }

    [Fact]
    public async Task AbsentWithoutTrafficForTheIdleTimeout_IsLetGo()
    {
        await Learn(connected: false);

        for (int i = 0; i < 3; i++)
        {
            await Answer(One);
        }

        ClusterBench.Members(_cluster).Should().Equal(One);
        _bench.Log.Entries.Where(entry => entry.Event == "EndpointDraining").Should().Contain(entry => entry.Message.Contains("absent and without traffic", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Logical_ConnectionsThatAreOpenStayAndNewOnesGoToTheFirstAddress()
    {
        await using ClusterBench bench = new(new DnsAwareOptions { LoadBalancing = LoadBalancingPolicy.RoundRobin }, new LogicalMembership(64));
        OriginCluster cluster = _cluster = bench.Open(One, Two);
        await Send();
        System.Net.Sockets.Socket kept = await bench.Connect(One);
        bench.Dns.Says("svc.test", 30, Two, One);
        await bench.Refresh(cluster);
        await Eventually.Holds(() => ClusterBench.Members(cluster).Contains(Two), "the first address is another one");
        await bench.Connect(Two);
        int dialled = bench.Dialled.Count(address => address == One);
        bench.Asked.Clear();
        for (int i = 0; i < 60; i++)
        {
            await Send();

            // The first address is new: it takes more from turn to turn.
            bench.Clock.Advance(TimeSpan.FromMilliseconds(200));
        }

        bench.Asked.Distinct().Should().BeEquivalentTo([One, Two]);
        bench.Dialled.Count(address => address == One).Should().Be(dialled, "it keeps what it has");
        await FluentActions.Awaiting(() => bench.Dialers[One].ConnectAsync(Fakes.ConnectionContexts.For("svc.test", bench.Origin.Port), CancellationToken.None).AsTask())
            .Should().ThrowAsync<System.Net.Sockets.SocketException>();

        bench.EndConnections(One);
        await Eventually.Holds(
            () =>
            {
                bench.Clock.Advance(TimeSpan.FromMilliseconds(100));
                return !ClusterBench.Members(cluster).Contains(One);
            },
            "without connections it leaves");
        kept.Dispose();
    }

    // Ends with the last of the three present.
    private async Task<string> Rotate()
    {
        await Learn(connected: true);
        return One;
    }

    private async Task Learn(bool connected)
    {
        _cluster = _bench.Open(One);
        await Send();
        for (int round = 0; round < 3; round++)
        {
            foreach (string address in All.Skip(round == 0 ? 1 : 0))
            {
                await Answer(address);
                if (connected)
                {
                    await _bench.Connect(address);
                }
            }
        }

        if (connected)
        {
            ClusterBench.Members(_cluster).Should().BeEquivalentTo(All);
        }
    }

    private async Task Answer(string address)
    {
        _bench.Dns.Says("svc.test", 30, address);
        await _bench.Refresh(_cluster);
    }

    private string WhyItLeft(string address) =>
        _bench.Log.Entries.Last(entry => entry.Event == "EndpointDraining" && entry.Message.Contains(address, StringComparison.Ordinal)).Message;

    // It is new: most of its turns go to others.
    private async Task SendMany()
    {
        for (int i = 0; i < 500; i++)
        {
            await Send();
        }
    }

    private Task<HttpStatusCode> Send() => ClusterBench.Send(_cluster);

    private bool Moves(bool condition)
    {
        _bench.Clock.Advance(TimeSpan.FromMilliseconds(100));
        return condition;
    }
}
