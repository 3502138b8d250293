using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using DnsAwareHttp.Concurrency;
using DnsAwareHttp.Resolution;
using DnsAwareHttp.Tests.Fakes;
using DnsAwareHttp.Tests.Loopback;

namespace DnsAwareHttp.Tests.Resolution;

public sealed class NameRefresherTests : IAsyncDisposable
{
    private const string Host = "svc.test";

    private static readonly Question Name = Question.ForAddresses(Host, AddressFamily.Unspecified);

    private readonly ManualTimeProvider _time = new();
    private readonly ScriptedResolver _dns = new();
    private readonly CapturingLogger _log = new();
    private readonly DnsCacheOptions _options = new();
    private readonly CacheEntry _entry = new(Name);
    private readonly ConcurrentQueue<CachedAnswer> _told = new();
    private readonly NameRefresher _refresher;
    private readonly NameTable _names = new(100);
    private readonly List<IAnswerListener> _listeners = [];

    public NameRefresherTests()
    {
        _refresher = Refresher(_dns);
        _dns.Says(Host, 30, "10.0.0.1");
    }

    public ValueTask DisposeAsync() => _refresher.DisposeAsync();

    [Fact]
    public async Task Refresh_ManyNamesFirstAskedTogether_AreSpread_AndNoneIsLate()
    {
        const int Names = 600;
        await using DnsCache cache = new(new DnsCacheOptions(), _dns, _time);
        string[] hosts = [.. Enumerable.Range(0, Names).Select(static number => $"n{number}.test")];
        foreach (string host in hosts)
        {
            _dns.Says(host, 40, "10.0.0.1");
            TestListener listener = new(static _ => { });
            _listeners.Add(listener);
            cache.Subscribe(Question.ForAddresses(host, AddressFamily.Unspecified), listener).Start();
            await Eventually.Holds(() => cache.IsQuiet, "it is answered");
        }

        List<int> asked = [];
        for (int second = 1; second <= 40; second++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Eventually.Holds(() => cache.IsQuiet, "all that is due is answered");
            asked.Add(hosts.Sum(host => _dns.Questions(host)) - Names);
        }

        asked[28].Should().Be(0, "three quarters of the TTL are for all");
        asked[38].Should().BeInRange(Names / 4, Names * 3 / 4, "the names after the first 256 are spread");
        _time.Advance(TimeSpan.FromMilliseconds(250));
        await Eventually.Holds(() => hosts.Sum(host => _dns.Questions(host)) == 2 * Names && cache.IsQuiet, "none is late");
    }

    [Fact]
    public async Task Ask_500AtOnce_SendsOneQuestion()
    {
        _dns.Hold();
        using Barrier start = new(8);
        ConcurrentBag<Task<CachedAnswer>> answers = [];
        Task[] askers = [.. Enumerable.Range(0, 8).Select(i => Task.Factory.StartNew(
            () =>
            {
                start.SignalAndWait();
                for (int j = 0; j < 63; j++)
                {
                    answers.Add(_refresher.AskAsync(_entry, seen: null));
                }
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default))];
        await Task.WhenAll(askers);
        _dns.Release();

        (await Task.WhenAll(answers)).Should().HaveCount(504).And.OnlyContain(answer => ReferenceEquals(answer, _entry.Current));
        _dns.Questions(Host).Should().Be(1);
    }

    [Fact]
    public async Task Ask_WhoLookedBeforeTheAnswerCame_GetsItWithoutAnotherQuestion()
    {
        CachedAnswer first = await _refresher.AskAsync(_entry, seen: null);

        (await _refresher.AskAsync(_entry, seen: null)).Should().BeSameAs(first);
        _dns.Questions(Host).Should().Be(1);
    }

    [Fact]
    public async Task TtlEnds_NameInUse_IsAskedWithinTheJitterAndNotBefore()
    {
        Use();
        await _refresher.AskAsync(_entry, seen: null);

        _time.Advance(TimeSpan.FromMilliseconds(29_999));
        _entry.InFlight.Should().BeNull();
        _time.Advance(TimeSpan.FromMilliseconds(101));
        await Settled();

        _dns.Questions(Host).Should().Be(2);
    }

    [Fact]
    public async Task TtlEnds_AgainAndAgain_OneQuestionEachTime()
    {
        Use();
        await _refresher.AskAsync(_entry, seen: null);

        for (int round = 2; round <= 20; round++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(30_101));
            await Settled();
            _dns.Questions(Host).Should().Be(round);
        }

        _told.Select(answer => answer.Version).Should().Equal(Enumerable.Range(1, 20).Select(version => (long)version));
    }

    [Fact]
    public async Task TtlEnds_NameNotInUse_IsNotAsked()
    {
        await _refresher.AskAsync(_entry, seen: null);

        _time.Advance(TimeSpan.FromHours(1));

        _entry.InFlight.Should().BeNull();
        await Eventually.Holds(() => _time.ActiveTimers == 0, "no timer is left");
    }

    [Fact]
    public async Task TtlEnds_NameNoLongerInUse_IsNotAskedAndLeavesNoTimer()
    {
        Use();
        await _refresher.AskAsync(_entry, seen: null);
        StopUse();

        _time.Advance(TimeSpan.FromHours(1));

        _entry.InFlight.Should().BeNull();
        await Eventually.Holds(() => _time.ActiveTimers == 0, "no timer is left");
        _dns.Questions(Host).Should().Be(1);
    }

    [Fact]
    public async Task Failure_AfterAGoodAnswer_KeepsItAndBacksOff()
    {
        Use();
        await _refresher.AskAsync(_entry, seen: null);
        _dns.Fails(Host);
        await AdvanceToNextQuestion();

        _entry.Current!.LastGood!.Addresses.Should().Equal(IPAddress.Parse("10.0.0.1"));
        (_entry.Due - _time.GetUtcNow()).TotalMilliseconds.Should().BeInRange(800, 1_200, "the first pause");
        await AdvanceToNextQuestion();
        _dns.Questions(Host).Should().Be(3);
        (_entry.Due - _time.GetUtcNow()).TotalMilliseconds.Should().BeInRange(1_280, 1_920, "the second pause");
        await AdvanceToNextQuestion();
        _dns.Questions(Host).Should().Be(4);
    }

    [Fact]
    public async Task Failure_ThenRecovery_IsLoggedOnceEach()
    {
        Use();
        _dns.Fails(Host);
        await _refresher.AskAsync(_entry, seen: null);
        for (int i = 0; i < 5; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(37));
            await Settled();
        }

        _dns.Says(Host, 30, "10.0.0.1");
        _time.Advance(TimeSpan.FromSeconds(37));
        await Settled();

        _log.Events.Count(name => name == "ResolutionFailed").Should().Be(1);
        _log.Events.Count(name => name == "ResolutionRecovered").Should().Be(1);
    }

    [Fact]
    public async Task Failure_LongerThanMaxStale_GivesTheAddressesUpAndSaysSo()
    {
        _options.MaxStale = TimeSpan.FromSeconds(60);
        Use();
        await _refresher.AskAsync(_entry, seen: null);
        _dns.Fails(Host);
        for (int i = 0; i < 6; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(37));
            await Settled();
        }

        _told.Last().LastGood.Should().BeNull();
        _log.Events.Count(name => name == "StaleAnswerDropped").Should().Be(1);
    }

    [Fact]
    public async Task Resolver_ThrowsAtOnceOrLater_IsAFailureWithItsMessage()
    {
        await using NameRefresher atOnce = Refresher(new CustomResolver((_, _) => throw new InvalidOperationException("no registry")));
        await using NameRefresher later = Refresher(new CustomResolver(async (_, _) =>
        {
            await Task.Yield();
            throw new InvalidOperationException("no registry");
        }));

        foreach (NameRefresher refresher in new[] { atOnce, later })
        {
            CachedAnswer answer = await refresher.AskAsync(new CacheEntry(Name), seen: null);
            answer.Latest.Should().BeOfType<Answer.Failed>().Which.Reason.Should().Be("no registry");
        }
    }

    [Fact]
    public async Task Resolver_CancelsByItself_IsAFailure()
    {
        await using NameRefresher refresher = Refresher(new CustomResolver((_, _) => throw new OperationCanceledException("gave up")));

        (await refresher.AskAsync(_entry, seen: null)).Latest.Should().BeOfType<Answer.Failed>().Which.Reason.Should().Be("gave up");
    }

    [Fact]
    public async Task Resolver_ReturnsNull_IsAFailureThatNamesIt()
    {
        await using NameRefresher refresher = Refresher(new CustomResolver((_, _) => default));

        (await refresher.AskAsync(_entry, seen: null)).Latest.Should().BeOfType<Answer.Failed>().Which.Reason.Should().Contain(nameof(CustomResolver));
    }

    [Fact]
    public async Task Resolver_AddressIsNull_IsAFailureAndTheNameIsAskedAgain()
    {
        int questions = 0;
        await using NameRefresher refresher = Refresher(new CustomResolver((_, _) =>
        {
            Interlocked.Increment(ref questions);
            return new ValueTask<Answer>(new Answer.Found([null!], TimeSpan.FromSeconds(30)));
        }));
        Use();

        (await refresher.AskAsync(_entry, seen: null)).Latest.Should().BeOfType<Answer.Failed>();

        _time.Advance(TimeSpan.FromSeconds(2));
        await Settled();
        Volatile.Read(ref questions).Should().Be(2);
    }

    [Fact]
    public async Task Resolver_IgnoresItsToken_TheQuestionFailsAfterItsDeadline()
    {
        TaskCompletionSource asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource<Answer> never = new();
        await using NameRefresher refresher = Refresher(new CustomResolver((_, _) =>
        {
            asked.SetResult();
            return new ValueTask<Answer>(never.Task);
        }));
        Task<CachedAnswer> question = refresher.AskAsync(_entry, seen: null);
        await asked.Task;

        _time.Advance(NameAsker.Deadline - TimeSpan.FromMilliseconds(1));
        question.IsCompleted.Should().BeFalse();
        _time.Advance(TimeSpan.FromMilliseconds(1));

        (await question).Latest.Should().BeOfType<Answer.Failed>().Which.Reason.Should().Be("no answer within 5 s");
    }

    [Fact]
    public async Task Resolver_HeedsItsToken_IsCancelledAtTheDeadline()
    {
        _dns.Hold();
        Task<CachedAnswer> question = _refresher.AskAsync(_entry, seen: null);
        await Eventually.Holds(() => _dns.Questions(Host) == 1, "the question is sent");

        _time.Advance(NameAsker.Deadline);

        (await question).Latest.Should().BeOfType<Answer.Failed>().Which.Reason.Should().Be("no answer within 5 s");
    }

    [Fact]
    public async Task Resolver_NoCallerLeft_ItsTokenIsNotCancelled()
    {
        CancellationToken given = default;
        TaskCompletionSource asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource<Answer> answer = new();
        await using NameRefresher refresher = Refresher(new CustomResolver((_, token) =>
        {
            given = token;
            asked.SetResult();
            return new ValueTask<Answer>(answer.Task);
        }));
        using CancellationTokenSource impatient = new();
        Task<CachedAnswer> patient = refresher.AskAsync(_entry, seen: null);
        Task<CachedAnswer> other = refresher.AskAsync(_entry, seen: null).WaitAsync(impatient.Token);
        await asked.Task;
        await impatient.CancelAsync();

        other.IsCanceled.Should().BeTrue();
        given.IsCancellationRequested.Should().BeFalse();
        answer.SetResult(new Answer.Found([IPAddress.Loopback], TimeSpan.FromSeconds(30)));
        (await patient).LastGood!.Addresses.Should().Equal(IPAddress.Loopback);
    }

    [Fact]
    public async Task Hint_First_AsksAtOnce()
    {
        Use();
        await _refresher.AskAsync(_entry, seen: null);

        _refresher.Hint(_entry);
        _time.Advance(TimeSpan.Zero);
        await Settled();

        _dns.Questions(Host).Should().Be(2);
    }

    [Fact]
    public async Task Hint_TooEarly_IsKeptUntilFiveSecondsHavePassed()
    {
        Use();
        await _refresher.AskAsync(_entry, seen: null);
        _refresher.Hint(_entry);
        _time.Advance(TimeSpan.FromSeconds(1));
        await Settled();

        _refresher.Hint(_entry);
        _time.Advance(TimeSpan.FromMilliseconds(3_999));
        _entry.InFlight.Should().BeNull();
        _dns.Questions(Host).Should().Be(2);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        await Settled();

        _dns.Questions(Host).Should().Be(3);
    }

    [Fact]
    public async Task Hint_NameNotInUse_AsksNothing()
    {
        await _refresher.AskAsync(_entry, seen: null);

        _refresher.Hint(_entry);
        _time.Advance(TimeSpan.FromSeconds(10));

        _entry.InFlight.Should().BeNull();
        _dns.Questions(Host).Should().Be(1);
    }

    [Fact]
    public async Task Invalidate_NoQuestionInFlight_AsksAtOnce()
    {
        Use();
        await _refresher.AskAsync(_entry, seen: null);

        _refresher.Invalidate(_entry);
        _time.Advance(TimeSpan.Zero);
        await Settled();

        _dns.Questions(Host).Should().Be(2);
    }

    [Fact]
    public async Task Invalidate_DuringAQuestion_AsksOnceMore()
    {
        Use();
        _dns.Hold();
        Task<CachedAnswer> question = _refresher.AskAsync(_entry, seen: null);
        _refresher.Invalidate(_entry);
        _refresher.Invalidate(_entry);
        _dns.Release();
        await question;

        _time.Advance(TimeSpan.Zero);
        await Settled();
        _time.Advance(TimeSpan.FromSeconds(20));
        await Settled();

        _dns.Questions(Host).Should().Be(2);
    }

    [Fact]
    public async Task Invalidate_TheNextQuestion_IsOfOtherSources()
    {
        Use();
        int first = (await _refresher.AskAsync(_entry, seen: null)).Sources;

        _refresher.Invalidate(_entry);
        _time.Advance(TimeSpan.Zero);
        await Settled();

        _entry.Current!.Sources.Should().Be(first + 1);
    }

    [Fact]
    public async Task Invalidate_DuringAQuestion_ItsAnswerIsOfTheEarlierSources()
    {
        Use();
        _dns.Hold();
        Task<CachedAnswer> question = _refresher.AskAsync(_entry, seen: null);
        int before = _entry.SourcesWhenSent;
        _refresher.Invalidate(_entry);
        _dns.Release();

        (await question).Sources.Should().Be(before);
        _time.Advance(TimeSpan.Zero);
        await Settled();
        _entry.Current!.Sources.Should().Be(before + 1);
    }

    [Fact]
    public async Task Listener_Throws_TheOthersAreToldAndTheNameIsAskedAgain()
    {
        Use(_ => throw new InvalidOperationException("not now"));
        Use();
        await _refresher.AskAsync(_entry, seen: null);
        _time.Advance(TimeSpan.FromMilliseconds(30_101));
        await Settled();

        _told.Should().HaveCount(2);
        _log.Events.Count(name => name == "ListenerThrew").Should().Be(2);
    }

    [Fact]
    public async Task Listener_ToldBeforeTheQuestionCountsAsOver()
    {
        Use();

        CachedAnswer answer = await _refresher.AskAsync(_entry, seen: null);

        _told.Should().Equal(answer);
    }

    [Fact]
    public async Task Caller_AsyncLocalsAndContext_StayWithTheCaller()
    {
        AsyncLocal<string> activity = new() { Value = "the caller's" };
        ConcurrentQueue<string?> seen = new();
        ConcurrentQueue<SynchronizationContext?> contexts = new();
        void Note()
        {
            seen.Enqueue(activity.Value);
            contexts.Enqueue(SynchronizationContext.Current);
        }

        await using NameRefresher refresher = Refresher(new CustomResolver((_, _) =>
        {
            Note();
            return new ValueTask<Answer>(new Answer.Found([IPAddress.Loopback], TimeSpan.FromSeconds(30)));
        }));
        Use(_ => Note());
        SynchronizationContext? own = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(new ForeignContext());
        Task<CachedAnswer> question;
        try
        {
            question = refresher.AskAsync(_entry, seen: null);
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(own);
        }

        await question;
        _time.Advance(TimeSpan.FromMilliseconds(30_101));
        await Settled();

        seen.Should().HaveCount(4).And.OnlyContain(value => value == null);
        contexts.Should().OnlyContain(context => context == null);
    }

    [Fact]
    public async Task Dispose_QuestionInFlight_AwaitsItAndLeavesNoTimer()
    {
        Use();
        TaskCompletionSource asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource listenerMayEnd = new(TaskCreationOptions.RunContinuationsAsynchronously);
        NameRefresher refresher = Refresher(new CustomResolver(async (_, token) =>
        {
            asked.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, _time, token);
            return null!;
        }));
        TaskCompletionSource told = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Use(_ =>
        {
            told.SetResult();
            listenerMayEnd.Task.Wait();
        });
        Task<CachedAnswer> question = refresher.AskAsync(_entry, seen: null);
        await asked.Task;

        // On a thread of its own, because cancelling runs what awaits the token on the thread that cancels.
        Task disposal = Task.Run(async () => await refresher.DisposeAsync());
        await told.Task;
        disposal.IsCompleted.Should().BeFalse("the outcome is still being told");
        listenerMayEnd.SetResult();
        await disposal;

        question.IsCompletedSuccessfully.Should().BeTrue();
        (await question).Latest.Should().BeOfType<Answer.Failed>().Which.Reason.Should().Be("the cache was disposed");
        await Eventually.Holds(() => _time.ActiveTimers == 0, "no timer is left");
    }

    [Fact]
    public async Task Dispose_ThenAsk_IsAnObjectDisposedException()
    {
        await _refresher.DisposeAsync();

        Func<Task> ask = () => _refresher.AskAsync(_entry, seen: null);
        (await ask.Should().ThrowAsync<ObjectDisposedException>()).WithMessage("*DnsCache*");
        _refresher.Hint(_entry);
        _refresher.Invalidate(_entry);
        await Eventually.Holds(() => _time.ActiveTimers == 0, "no timer is left");
    }

    [Fact]
    public async Task Dispose_Twice_DoesNoHarm()
    {
        await _refresher.DisposeAsync();
        _refresher.Stop();
        await _refresher.DisposeAsync();
    }

    [Fact]
    public async Task Hint_ManyAtOnce_CountAsOne()
    {
        Use();
        await _refresher.AskAsync(_entry, seen: null);
        for (int i = 0; i < 20; i++)
        {
            _refresher.Hint(_entry);
        }

        await AskedAfter(TimeSpan.Zero, questions: 2);
        await AskedAfter(TimeSpan.FromSeconds(5), questions: 2);
        _refresher.Hint(_entry);
        await AskedAfter(TimeSpan.Zero, questions: 3);
    }

    [Fact]
    public async Task Hint_ManyTooEarly_DelayTheNextOnesByFiveSecondsAndNotByMore()
    {
        Use();
        await _refresher.AskAsync(_entry, seen: null);
        _refresher.Hint(_entry);
        await AskedAfter(TimeSpan.FromSeconds(1), questions: 2);
        for (int i = 0; i < 20; i++)
        {
            _refresher.Hint(_entry);
        }

        await AskedAfter(TimeSpan.FromSeconds(4), questions: 3);
        await AskedAfter(TimeSpan.FromSeconds(5), questions: 3);
        _refresher.Hint(_entry);
        await AskedAfter(TimeSpan.Zero, questions: 4);
    }

    [Fact]
    public async Task Hint_WhileTheAnswerIsBeingReported_LeadsToAnotherQuestion()
    {
        TaskCompletionSource reporting = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource mayGoOn = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Use(answer =>
        {
            reporting.TrySetResult();
            mayGoOn.Task.Wait();
        });
        Task<CachedAnswer> question = _refresher.AskAsync(_entry, seen: null);
        await reporting.Task;

        _refresher.Hint(_entry);
        _time.Advance(TimeSpan.Zero);
        mayGoOn.SetResult();
        await question;
        await AskedAfter(TimeSpan.Zero, questions: 2);

        _entry.Due.Should().BeAfter(_time.GetUtcNow() + TimeSpan.FromSeconds(29), "the hint is served");
    }

    [Fact]
    public async Task Hint_BeforeTheAnswerCame_IsServedByTheQuestionInFlight()
    {
        Use();
        _dns.Hold();
        Task<CachedAnswer> question = _refresher.AskAsync(_entry, seen: null);
        _refresher.Hint(_entry);
        _time.Advance(TimeSpan.Zero);

        _dns.Release();
        await question;

        await AskedAfter(TimeSpan.FromSeconds(20), questions: 1);
    }

    [Fact]
    public async Task Publish_WithoutAQuestion_IsReportedAndPlansTheNext()
    {
        Use();
        Answer.Found pushed = new([IPAddress.Loopback], TimeSpan.FromSeconds(20));

        CachedAnswer published = _refresher.Publish(_entry, pushed, _time.GetUtcNow());

        _told.Should().Equal(published);
        _entry.Due.Should().Be(published.RefreshAt);
        _dns.Questions(Host).Should().Be(0);
    }

    [Fact]
    public async Task Log_Throws_TheAnswerIsStillGood()
    {
        _log.Throws = true;
        Use();

        CachedAnswer answer = await _refresher.AskAsync(_entry, seen: null);

        answer.Latest.Should().BeOfType<Answer.Found>();
        _told.Should().Equal(answer);
    }

    [Fact]
    public async Task Log_ThrowsAboutAListenerThatThrew_TheOthersAreToldAndTheNameIsAskedAgain()
    {
        _log.Throws = true;
        Use(_ => throw new InvalidOperationException("not now"));
        Use();
        await _refresher.AskAsync(_entry, seen: null);

        _time.Advance(TimeSpan.FromMilliseconds(30_101));
        await Settled();

        _told.Should().HaveCount(2);
    }

    [Fact]
    public async Task Failure_AfterAHalfAnswer_IsLogged()
    {
        _dns.Says(Host, new Answer.Found([IPAddress.Loopback], TimeSpan.FromSeconds(30)) { FailedFamily = AddressFamily.InterNetworkV6 });
        Use();
        await _refresher.AskAsync(_entry, seen: null);
        _dns.Fails(Host);
        _time.Advance(TimeSpan.FromSeconds(2));
        await Settled();

        _log.Events.Should().Contain("ResolutionFailed");
    }

    [Fact]
    public async Task Resolver_BlocksItsThread_TheQuestionFailsAfterItsDeadline()
    {
        TaskCompletionSource asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using ManualResetEventSlim blocked = new();
        await using NameRefresher refresher = Refresher(new CustomResolver((_, _) =>
        {
            asked.SetResult();
            blocked.Wait(CancellationToken.None);
            return default;
        }));
        Task<CachedAnswer> question = refresher.AskAsync(_entry, seen: null);
        await asked.Task;
        try
        {
            await Eventually.Holds(() => HasFailedAfter(NameAsker.Deadline), "the question fails");
        }
        finally
        {
            blocked.Set();
        }

        (await question).Latest.Should().BeOfType<Answer.Failed>().Which.Reason.Should().StartWith("no answer within 5 s");

        // What awaits the blocked call may begin to do so only after the clock was moved.
        bool HasFailedAfter(TimeSpan deadline)
        {
            _time.Advance(deadline);
            return question.IsCompleted;
        }
    }

    [Fact]
    public async Task AskSince_ManyWhoCannotConnect_ShareTheirQuestionsAndSendTenASecond()
    {
        Use();
        await _refresher.AskAsync(_entry, seen: null);
        _time.Advance(TimeSpan.FromSeconds(1));
        await _refresher.AnswerAsync(_entry, Freshness.Since(_time.GetUtcNow()));
        await Settled();
        int timers = _time.ActiveTimers;
        _time.Advance(TimeSpan.FromMilliseconds(1));

        Task<CachedAnswer>[] next = [.. Enumerable.Range(0, 100).Select(_ => _refresher.AnswerAsync(_entry, Freshness.Since(_time.GetUtcNow())))];
        await Eventually.Holds(() => _time.ActiveTimers == timers + 1, "the next question waits for its turn");
        _time.Advance(NameQuestions.AwaitedInterval - TimeSpan.FromMilliseconds(2));
        _dns.Questions(Host).Should().Be(2);
        _time.Advance(TimeSpan.FromMilliseconds(1));

        (await Task.WhenAll(next)).Should().OnlyContain(answer => answer.Version == 3);
        _dns.Questions(Host).Should().Be(3);
    }

    [Fact]
    public async Task AskSince_TheAnswerAtHandIsNewer_AsksNothing()
    {
        CachedAnswer known = await _refresher.AskAsync(_entry, seen: null);

        (await _refresher.AnswerAsync(_entry, Freshness.Since(known.SentAt - TimeSpan.FromTicks(1)))).Should().BeSameAs(known);
        _dns.Questions(Host).Should().Be(1);
    }

    [Fact]
    public async Task AskSince_TheQuestionInFlightIsOlder_AnotherFollowsIt()
    {
        _dns.Hold();
        Task<CachedAnswer> first = _refresher.AskAsync(_entry, seen: null);
        await Eventually.Holds(() => _dns.Questions(Host) == 1, "it is sent");
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Task<CachedAnswer> second = _refresher.AnswerAsync(_entry, Freshness.Since(_time.GetUtcNow()));

        _dns.Release();

        (await second).Version.Should().Be((await first).Version + 1);
    }

    private NameRefresher Refresher(INameResolver resolver)
    {
        SteadyClock clock = new(_time);
        GuardedLogger log = new(_log);
        return new NameRefresher(_names, resolver, new AnswerPublisher(_options, clock, new Random(1), log), _options, clock, log);
    }

    private void Use(Action<CachedAnswer>? listener = null)
    {
        TestListener heard = new(listener ?? _told.Enqueue);
        _listeners.Add(heard);
        using (_entry.Lock.Enter())
        {
            _entry.Subscriptions = _entry.Subscriptions.Add(new NameSubscription(Name, heard, _names, _refresher));
        }
    }

    private void StopUse()
    {
        using (_entry.Lock.Enter())
        {
            _entry.Subscriptions = [];
        }
    }

    /// <summary>
    /// Turns the clock to the moment when the next question is due, and no further: its outcome is dated by the clock while this method runs on.
    /// </summary>
    private async Task AdvanceToNextQuestion()
    {
        TimeSpan rest = _entry.Due - _time.GetUtcNow();
        _time.Advance(TimeSpan.FromMilliseconds(Math.Ceiling(rest.TotalMilliseconds) - 1));
        _entry.InFlight.Should().BeNull("the question is not due yet");
        _time.Advance(TimeSpan.FromMilliseconds(1));
        await Settled();
    }

    private async Task AskedAfter(TimeSpan time, int questions)
    {
        _time.Advance(time);
        await Settled();
        _dns.Questions(Host).Should().Be(questions);
    }

    /// <summary>Ends when no question about the name is in flight. A timer that fired has sent its question when Advance returns.</summary>
    private async Task Settled()
    {
        while (Running() is Task question)
        {
            await question;
        }

        Task? Running()
        {
            using (_entry.Lock.Enter())
            {
                return _entry.InFlight;
            }
        }
    }

    /// <summary>A context that nothing of the cache may run on.</summary>
    private sealed class ForeignContext : SynchronizationContext
    {
        public override void Post(SendOrPostCallback d, object? state) => throw new InvalidOperationException("Posted to the caller's context.");

        public override void Send(SendOrPostCallback d, object? state) => throw new InvalidOperationException("Sent to the caller's context.");
    }

    private sealed class TestListener(Action<CachedAnswer> listener) : IAnswerListener
    {
        public void OnAnswer(CachedAnswer answer) => listener(answer);
    }
}
