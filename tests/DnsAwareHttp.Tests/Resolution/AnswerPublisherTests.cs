using System.Net;
using System.Net.Sockets;
using DnsAwareHttp.Concurrency;
using DnsAwareHttp.Resolution;
using DnsAwareHttp.Tests.Fakes;

namespace DnsAwareHttp.Tests.Resolution;

public sealed class AnswerPublisherTests : IAsyncDisposable
{
    private static readonly Question Name = Question.ForAddresses("svc.test", AddressFamily.Unspecified);
    private static readonly Answer.Found Found = new([IPAddress.Parse("10.0.0.1")], TimeSpan.FromSeconds(30));

    private readonly ManualTimeProvider _time = new();
    private readonly CapturingLogger _log = new();
    private readonly NameTable _names = new(100);
    private readonly List<CachedAnswer> _told = [];
    private readonly AnswerPublisher _publisher;
    private readonly NameRefresher _refresher;

    public AnswerPublisherTests()
    {
        DnsCacheOptions options = new();
        SteadyClock clock = new(_time);
        GuardedLogger log = new(_log);
        _publisher = new AnswerPublisher(options, clock, new Random(1), log);
        _refresher = new NameRefresher(_names, new ScriptedResolver(), _publisher, options, clock, log);
    }

    public ValueTask DisposeAsync() => _refresher.DisposeAsync();

    [Fact]
    public void Publish_KeepsTheAnswerAndReportsItUnderNoLock()
    {
        Listener listener = new(answer =>
        {
            OrderedLock.IsAnyHeld.Should().BeFalse();
            _told.Add(answer);
        });
        CacheEntry entry = _names.Add(Subscription(listener));

        CachedAnswer first = _publisher.Publish(entry, Found, _time.GetUtcNow());
        CachedAnswer second = _publisher.Publish(entry, Found, _time.GetUtcNow());

        _told.Should().Equal(first, second);
        (first.Version, second.Version).Should().Be((1, 2));
        entry.Current.Should().BeSameAs(second);
        GC.KeepAlive(listener);
    }

    [Fact]
    public void Publish_TtlCountsFromTheQuestion()
    {
        CacheEntry entry = new(Name);
        DateTimeOffset sentAt = _time.GetUtcNow();
        _time.Advance(TimeSpan.FromSeconds(2));

        _publisher.Publish(entry, Found, sentAt).ExpiresAt.Should().Be(sentAt + TimeSpan.FromSeconds(30));
    }

    [Fact]
    public void Publish_AnswerMakesNoSense_IsAFailureAndTheLastGoodAnswerStays()
    {
        CacheEntry entry = new(Name);
        _publisher.Publish(entry, Found, _time.GetUtcNow());

        CachedAnswer after = _publisher.Publish(entry, new Answer.Found([null!], TimeSpan.FromSeconds(30)), _time.GetUtcNow());

        after.Latest.Should().BeOfType<Answer.Failed>();
        after.LastGood.Should().Be(Found);
        _log.Events.Should().Contain("ResolutionFailed");
    }

    [Fact]
    public void Publish_FirstFailure_SaysThatNoAddressIsKnownAndHasNoStackTrace()
    {
        _publisher.Publish(new CacheEntry(Name), new Answer.Failed("SERVFAIL", new InvalidOperationException("deep")), _time.GetUtcNow());

        (string _, string message, Exception? exception) = _log.Entries.Single(entry => entry.Event == "ResolutionFailed");
        message.Should().StartWith("svc.test: cannot be resolved (SERVFAIL). No address is known: requests to it fail. The next question is due in ");
        exception.Should().BeNull();
    }

    [Fact]
    public void Publish_LaterFailure_SaysThatTheLastGoodAnswerStays()
    {
        CacheEntry entry = new(Name);
        _publisher.Publish(entry, Found, _time.GetUtcNow());
        _publisher.Publish(entry, new Answer.Failed("SERVFAIL"), _time.GetUtcNow());
        _publisher.Publish(entry, new Answer.Failed("SERVFAIL"), _time.GetUtcNow());

        _log.TextsOf("ResolutionFailed").Should().ContainSingle().Which.Should().Contain("The last good answer stays in use.");
    }

    [Fact]
    public void Publish_NameThatDoesNotExist_IsLoggedOnceAndWhenItExistsAgain()
    {
        CacheEntry entry = new(Name);
        Answer.Empty unknown = new(EmptyReason.NxDomain, TimeSpan.FromSeconds(1));
        _publisher.Publish(entry, unknown, _time.GetUtcNow());
        _publisher.Publish(entry, unknown, _time.GetUtcNow());
        _publisher.Publish(entry, Found, _time.GetUtcNow());
        _publisher.Publish(entry, Found, _time.GetUtcNow());
        _publisher.Publish(entry, unknown, _time.GetUtcNow());

        _log.Events.Where(name => name != "AnswerReceived").Should().Equal("NameEmpty", "NameFound", "NameEmpty");
        _log.TextsOf("NameEmpty")[0].Should().StartWith("svc.test: the name does not exist (NXDOMAIN). Requests to it fail.");
        _log.TextsOf("NameEmpty")[1].Should().Contain("Its addresses stay in use for EmptyAnswerGrace.");
    }

    [Fact]
    public void Publish_FailureThatEndsInNxDomain_IsNotSaidToBeRecovered()
    {
        CacheEntry entry = new(Name);
        _publisher.Publish(entry, new Answer.Failed("SERVFAIL"), _time.GetUtcNow());
        _publisher.Publish(entry, new Answer.Empty(EmptyReason.NxDomain, TimeSpan.FromSeconds(1)), _time.GetUtcNow());

        _log.Events.Should().Contain("NameEmpty").And.NotContain("ResolutionRecovered");
    }

    [Fact]
    public void Publish_AnswerWithThousandsOfAddresses_IsAShortLine()
    {
        Answer.Found many = new([.. Enumerable.Range(0, 4_000).Select(index => new IPAddress(0x0100000A + index))], TimeSpan.FromSeconds(30));

        _publisher.Publish(new CacheEntry(Name), many, _time.GetUtcNow());

        _log.TextsOf("AnswerReceived").Should().ContainSingle().Which.Should().EndWith(" and 3,992 more (TTL 30 s).").And.Match(text => text.Length < 300);
    }

    [Fact]
    public void Publish_ListenerThrows_IsLoggedAndTheOthersAreTold()
    {
        Listener throwing = new(static _ => throw new InvalidOperationException("not now"));
        Listener other = new(_told.Add);
        CacheEntry entry = _names.Add(Subscription(throwing));
        _names.Add(Subscription(other));

        CachedAnswer answer = _publisher.Publish(entry, Found, _time.GetUtcNow());

        _told.Should().Equal(answer);
        _log.Events.Should().Contain("ListenerThrew");
        GC.KeepAlive(throwing);
        GC.KeepAlive(other);
    }

    [Fact]
    public async Task Publish_ByManyThreads_EveryVersionIsKnownOnce()
    {
        CacheEntry entry = new(Name);
        CachedAnswer[][] all = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
            Enumerable.Range(0, 500).Select(_ => _publisher.Publish(entry, Found, _time.GetUtcNow())).ToArray())));

        all.SelectMany(answers => answers.Select(answer => answer.Version)).Order().Should().Equal(Enumerable.Range(1, 2_000).Select(version => (long)version));
        entry.Current!.Version.Should().Be(2_000);
    }

    private NameSubscription Subscription(IAnswerListener listener) => new(Name, listener, _names, _refresher);

    private sealed class Listener(Action<CachedAnswer> listener) : IAnswerListener
    {
        public void OnAnswer(CachedAnswer answer) => listener(answer);
    }
}
