using System.Net;
using DnsAwareHttp.Endpoints;
using DnsAwareHttp.Resolution;
using DnsAwareHttp.Tests.Fakes;

namespace DnsAwareHttp.Tests.Endpoints;

public sealed class AnswersFollowedTests : IDisposable
{
    private readonly EndpointBench _bench = new();
    private readonly AnswersFollowed _answers;
    private CachedAnswer? _latest;

    public AnswersFollowedTests() => _answers = new AnswersFollowed(_bench.Scope, "svc.test");

    public void Dispose() => _bench.Dispose();

    [Fact]
    public void AnswerThatIsToldTwice_IsNotNew()
    {
        CachedAnswer answer = Follow(Found("10.0.0.1"));

        _answers.IsNew(answer).Should().BeFalse();
        _answers.IsNew(answer with { Version = answer.Version + 1 }).Should().BeTrue();
    }

    [Fact]
    public async Task OtherAddresses_AreAChange_AnotherOrderIsNone()
    {
        await using IAsyncEnumerator<DnsAwareChange> changes = _bench.Scope.Journal.GetAsyncEnumerator();
        Follow(Found("10.0.0.1", "10.0.0.2"));
        Follow(Found("10.0.0.2", "10.0.0.1"));
        Follow(Found("10.0.0.3"));

        (await NextAsync<DnsAwareChange.AnswerChanged>(changes)).Addresses.Should().HaveCount(2);
        (await NextAsync<DnsAwareChange.AnswerChanged>(changes)).Addresses.Should().Equal(IPAddress.Parse("10.0.0.3"));
    }

    [Fact]
    public async Task Failures_AreToldOnceAndTheirEndTellsHowMany()
    {
        await using IAsyncEnumerator<DnsAwareChange> changes = _bench.Scope.Journal.GetAsyncEnumerator();
        Follow(Found("10.0.0.1"));
        Follow(new Answer.Failed("SERVFAIL"));
        Follow(new Answer.Failed("SERVFAIL"));
        Follow(Found("10.0.0.1"));

        await NextAsync<DnsAwareChange.AnswerChanged>(changes);
        (await NextAsync<DnsAwareChange.LookupFailed>(changes)).Reason.Should().Be("SERVFAIL");
        (await NextAsync<DnsAwareChange.LookupRecovered>(changes)).Failures.Should().Be(2);
    }

    private static async Task<T> NextAsync<T>(IAsyncEnumerator<DnsAwareChange> changes)
    {
        (await changes.MoveNextAsync()).Should().BeTrue();
        return changes.Current.Should().BeOfType<T>().Which;
    }

    private static Answer.Found Found(params string[] addresses) => new([.. addresses.Select(IPAddress.Parse)], TimeSpan.FromSeconds(30));

    private CachedAnswer Follow(Answer answer)
    {
        DateTimeOffset now = _bench.Scope.Clock.Now;
        _latest = CachedAnswer.After(_latest, answer, default, now, now, new DnsCacheOptions(), new Random(1));
        _answers.Take(_latest);
        return _latest;
    }
}
