using System.Net;
using DnsAwareHttp.Pools;
using DnsAwareHttp.Sending;
using DnsAwareHttp.Tests.Fakes;

namespace DnsAwareHttp.Tests.Sending;

public sealed class AttemptOutcomesTests
{
    [Theory]
    [InlineData(HttpRequestError.ConnectionError, nameof(AttemptOutcome.NotConnected), nameof(AttemptOutcome.NotConnected))]
    [InlineData(HttpRequestError.SecureConnectionError, nameof(AttemptOutcome.NotConnected), nameof(AttemptOutcome.Failed))]
    [InlineData(HttpRequestError.VersionNegotiationError, nameof(AttemptOutcome.VersionRefused), nameof(AttemptOutcome.Failed))]
    [InlineData(HttpRequestError.ExtendedConnectNotSupported, nameof(AttemptOutcome.VersionRefused), nameof(AttemptOutcome.Failed))]
    [InlineData(HttpRequestError.Unknown, nameof(AttemptOutcome.Failed), nameof(AttemptOutcome.Failed))]
    [InlineData(HttpRequestError.NameResolutionError, nameof(AttemptOutcome.Failed), nameof(AttemptOutcome.Failed))]
    [InlineData(HttpRequestError.HttpProtocolError, nameof(AttemptOutcome.Failed), nameof(AttemptOutcome.Failed))]
    [InlineData(HttpRequestError.UserAuthenticationError, nameof(AttemptOutcome.Failed), nameof(AttemptOutcome.Failed))]
    [InlineData(HttpRequestError.ProxyTunnelError, nameof(AttemptOutcome.Failed), nameof(AttemptOutcome.Failed))]
    [InlineData(HttpRequestError.InvalidResponse, nameof(AttemptOutcome.Failed), nameof(AttemptOutcome.Failed))]
    [InlineData(HttpRequestError.ResponseEnded, nameof(AttemptOutcome.Failed), nameof(AttemptOutcome.Failed))]
    [InlineData(HttpRequestError.ConfigurationLimitExceeded, nameof(AttemptOutcome.Failed), nameof(AttemptOutcome.Failed))]
    public void Error_OfEachKind_HasItsOutcome(HttpRequestError kind, string direct, string tunnelled)
    {
        HttpRequestException error = new(kind, "test");

        AttemptOutcomes.Of(error, isTunnelled: false).ToString().Should().Be(direct);
        AttemptOutcomes.Of(error, isTunnelled: true).ToString().Should().Be(tunnelled);
    }

    [Fact]
    public void Error_Kinds_AreAllInTheTable() => typeof(AttemptOutcomesTests).GetMethod(nameof(Error_OfEachKind_HasItsOutcome))!
        .GetCustomAttributes(typeof(InlineDataAttribute), false).Should().HaveCount(Enum.GetValues<HttpRequestError>().Length);

    [Fact]
    public void Error_OfAnotherType_IsAFailure()
    {
        AttemptOutcomes.Of(new TaskCanceledException(), isTunnelled: false).Should().Be(AttemptOutcome.Failed);
        AttemptOutcomes.Of(new InvalidOperationException(), isTunnelled: true).Should().Be(AttemptOutcome.Failed);
    }

    [Theory]
    [InlineData(HttpStatusCode.OK, nameof(AttemptOutcome.Answered))]
    [InlineData(HttpStatusCode.ServiceUnavailable, nameof(AttemptOutcome.Answered))]
    [InlineData(HttpStatusCode.Found, nameof(AttemptOutcome.Answered))]
    [InlineData(HttpStatusCode.MisdirectedRequest, nameof(AttemptOutcome.Misdirected))]
    public void Response_IsAnAnswerUnlessItSays421(HttpStatusCode status, string outcome)
    {
        using HttpResponseMessage response = new(status);

        AttemptOutcomes.Of(response).ToString().Should().Be(outcome);
    }

    [Theory]
    [InlineData(nameof(AttemptOutcome.NotConnected), false, true)]
    [InlineData(nameof(AttemptOutcome.NotConnected), true, true)]
    [InlineData(nameof(AttemptOutcome.Failed), false, true)]
    [InlineData(nameof(AttemptOutcome.Failed), true, false)]
    [InlineData(nameof(AttemptOutcome.VersionRefused), false, false)]
    public void NoteOn_OnlyWhatConcernsTheEndpointCountsAsABreak(string outcome, bool isTunnelled, bool counts)
    {
        EndpointPool pool = new TestEndpoint().Pool;

        AttemptOutcomes.NoteOn(pool, Enum.Parse<AttemptOutcome>(outcome), new HttpRequestException(HttpRequestError.SecureConnectionError, "test"), isTunnelled);

        pool.Health.Breaks.Should().Be(counts ? 1 : 0);
    }

    [Fact]
    public void NoteOn_ACancellation_IsNoBreak()
    {
        EndpointPool pool = new TestEndpoint().Pool;

        AttemptOutcomes.NoteOn(pool, AttemptOutcome.Failed, new TaskCanceledException(), isTunnelled: false);

        pool.Health.Breaks.Should().Be(0);
    }
}
