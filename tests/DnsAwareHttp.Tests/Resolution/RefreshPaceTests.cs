using System.Net.Sockets;
using DnsAwareHttp.Resolution;
using DnsAwareHttp.Tests.Fakes;
using DnsAwareHttp.Tests.Loopback;

namespace DnsAwareHttp.Tests.Resolution;

public sealed class RefreshPaceTests : IAsyncDisposable
{
    private static readonly Question Name = Question.ForAddresses("a.test", AddressFamily.Unspecified);

    private readonly ManualTimeProvider _time = new();
    private readonly ScriptedResolver _dns = new();
    private readonly IgnoringListener _listener = new();
    private readonly DateTimeOffset _begun;
    private readonly DnsCache _cache;

    public RefreshPaceTests()
    {
        _cache = new DnsCache(resolver: _dns, timeProvider: _time);
        _dns.Says("a.test", 0, "10.0.0.1");
        _begun = _time.GetUtcNow();
    }

    public ValueTask DisposeAsync() => _cache.DisposeAsync();

    [Theory]
    [InlineData(1, 0)]
    [InlineData(16, 0)]
    [InlineData(17, 1.0625)]
    [InlineData(64, 4)]
    [InlineData(1_024, 64)]
    public void ManyNames_EachIsAskedAboutLessOften(int names, double seconds)
    {
        RefreshPace pace = new();

        pace.ShareAmong(names);

        pace.LeastInterval.Should().Be(TimeSpan.FromSeconds(seconds));
    }

    [Fact]
    public async Task TtlOfZero_OneOf64Names_IsAskedAboutEachFourSeconds()
    {
        RefreshPace pace = new();
        pace.ShareAmong(64);
        using NameSubscription name = Subscribe(pace);
        await name.AnswerAsync();

        (await QuestionsIn(TimeSpan.FromSeconds(40))).Should().BeInRange(9, 11);
    }

    [Fact]
    public async Task AnOriginOfItsOwnHasTheSameName_TheTtlCounts()
    {
        RefreshPace pace = new();
        pace.ShareAmong(64);
        using NameSubscription target = Subscribe(pace);
        using NameSubscription own = Subscribe(pace: null);
        await own.AnswerAsync();

        (await QuestionsIn(TimeSpan.FromSeconds(40))).Should().BeGreaterThan(30);
    }

    [Fact]
    public async Task Hint_IsFollowedAtOnce()
    {
        RefreshPace pace = new();
        pace.ShareAmong(1_024);
        using NameSubscription name = Subscribe(pace);
        await name.AnswerAsync();

        name.Hint();

        await Eventually.Holds(
            () =>
            {
                _time.Advance(TimeSpan.FromMilliseconds(1));
                return _dns.Questions("a.test") == 2;
            },
            "the hint has a question of its own");
    }

    [Fact]
    public async Task RequestsThatCannotConnect_OneOf64Names_IsAskedAbout400MillisecondsApart()
    {
        RefreshPace pace = new();
        pace.ShareAmong(64);
        using NameSubscription name = Subscribe(pace);
        await name.AnswerAsync();
        int before = _dns.Questions("a.test");
        for (int request = 0; request < 40; request++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(100));
            Task<CachedAnswer> answer = name.AnswerAsync(Freshness.Since(_time.GetUtcNow()));
            await Eventually.Holds(
                () =>
                {
                    _time.Advance(TimeSpan.FromMilliseconds(10));
                    return answer.IsCompleted;
                },
                "each request gets a fresh answer");
        }

        double seconds = (_time.GetUtcNow() - _begun).TotalSeconds;
        (_dns.Questions("a.test") - before).Should().BeInRange(
            10, (int)((seconds / 0.4) + (seconds / 4)) + 2, "each 400 ms for the requests, and each 4 s in the background");
    }

    private NameSubscription Subscribe(RefreshPace? pace)
    {
        NameSubscription name = _cache.Subscribe(Name, _listener, pace: pace);
        name.Start();
        return name;
    }

    private async Task<int> QuestionsIn(TimeSpan time)
    {
        await Eventually.Holds(() => _cache.IsQuiet, "all is answered");
        int before = _dns.Questions("a.test");
        for (TimeSpan passed = TimeSpan.Zero; passed < time; passed += TimeSpan.FromMilliseconds(250))
        {
            _time.Advance(TimeSpan.FromMilliseconds(250));
            await Eventually.Holds(() => _cache.IsQuiet, "all is answered");
        }

        return _dns.Questions("a.test") - before;
    }

    private sealed class IgnoringListener : IAnswerListener
    {
        public void OnAnswer(CachedAnswer answer)
        {
        }
    }
}
