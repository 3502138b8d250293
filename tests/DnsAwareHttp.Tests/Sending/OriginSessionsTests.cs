using DnsAwareHttp.Balancing;
using DnsAwareHttp.Sending;
using DnsAwareHttp.Tests.Fakes;

namespace DnsAwareHttp.Tests.Sending;

public sealed class OriginSessionsTests
{
    private readonly TestEndpoint _a = new("10.0.0.1");
    private readonly TestEndpoint _b = new("10.0.0.2");
    private readonly OriginSessions _sessions = new(
        Origin.Of(new Uri("http://svc.test"), null, isAnonymous: false), new SessionReader(new SessionAffinityOptions { HeaderName = "X-Session" }, null),
        new SessionTable(), max: 100);

    [Fact]
    public void Session_StaysWhereItBegan()
    {
        EndpointSet both = Of(_a, _b);
        _sessions.Find("s", both).Should().BeNull();

        _sessions.Stay("s", _b.Pool, both, []).Should().BeSameAs(_b.Pool);

        _sessions.Find("s", both).Should().BeSameAs(_b.Pool);
        _sessions.Stay("s", _a.Pool, both, []).Should().BeSameAs(_b.Pool, "a request that was sent at the same time decided");
    }

    [Fact]
    public void EndpointLeaves_TheSessionMovesAndStaysThere()
    {
        _sessions.Stay("s", _b.Pool, Of(_a, _b), []);

        _sessions.Find("s", Of(_a)).Should().BeNull();
        _sessions.Stay("s", _a.Pool, Of(_a), []).Should().BeSameAs(_a.Pool);

        _sessions.Find("s", Of(_a, _b)).Should().BeSameAs(_a.Pool, "the other one came back too late");
    }

    [Fact]
    public void EndpointFails_TheSessionMoves_UnlessAllFail()
    {
        _sessions.Stay("s", _b.Pool, Of(_a, _b), []);
        _b.Fails();
        _sessions.Find("s", Of(_a, _b)).Should().BeNull();

        _a.Fails();
        _sessions.Find("s", Of(_a, _b)).Should().BeSameAs(_b.Pool);
    }

    [Fact]
    public void RequestThatCouldNotBeSentThere_TakesTheSessionAlong()
    {
        _sessions.Stay("s", _b.Pool, Of(_a, _b), []);

        _sessions.Stay("s", _a.Pool, Of(_a, _b), [_b.Pool]).Should().BeSameAs(_a.Pool);

        _sessions.Find("s", Of(_a, _b)).Should().BeSameAs(_a.Pool);
    }

    [Fact]
    public void NewPoolOfTheSameAddress_HasTheSession()
    {
        _sessions.Stay("s", _b.Pool, Of(_a, _b), []);
        TestEndpoint renewed = new("10.0.0.2");

        _sessions.Find("s", Of(_a, renewed)).Should().BeSameAs(renewed.Pool);
    }

    [Fact]
    public void Response_BeginsItsSessionWhereItCameFrom()
    {
        using HttpResponseMessage response = new();
        response.Headers.TryAddWithoutValidation("X-Session", "s");
        _sessions.Stay("s", _a.Pool, Of(_a, _b), []);

        _sessions.OnAnswered(response, _b.Pool);

        _sessions.Find("s", Of(_a, _b)).Should().BeSameAs(_b.Pool, "the server that gave the session knows it");
    }

    private static EndpointSet Of(params TestEndpoint[] endpoints) =>
        EndpointSet.Of([.. endpoints.Select(endpoint => endpoint.Placement)], LoadBalancingPolicy.LeastRequests, new Random(1), before: null)!;
}
