using System.Net;
using System.Net.Sockets;
using DnsAwareHttp.Resolution;
using DnsAwareHttp.Tests.Fakes;
using DnsAwareHttp.Tests.Loopback;

namespace DnsAwareHttp.Tests.Resolution;

public sealed class NameAskerTests : IDisposable
{
    private static readonly Question Name = Question.ForAddresses("svc.test", AddressFamily.Unspecified);
    private static readonly Answer.Found Found = new([IPAddress.Parse("10.0.0.1")], TimeSpan.FromSeconds(30));

    private readonly ManualTimeProvider _time = new();
    private readonly CancellationTokenSource _stopping = new();

    public void Dispose() => _stopping.Dispose();

    [Fact]
    public async Task Ask_ResolverAnswers_IsThatAnswer() =>
        (await Asker((_, _) => new ValueTask<Answer>(Found)).AskAsync(Name)).Should().Be(Found);

    [Fact]
    public async Task Ask_ResolverThrowsAtOnceOrLater_IsAFailureWithItsMessage()
    {
        InvalidOperationException thrown = new("no registry");
        NameAsker atOnce = Asker((_, _) => throw thrown);
        NameAsker later = Asker(async (_, _) =>
        {
            await Task.Yield();
            throw thrown;
        });

        (await atOnce.AskAsync(Name)).Should().Be(new Answer.Failed("no registry", thrown));
        (await later.AskAsync(Name)).Should().Be(new Answer.Failed("no registry", thrown));
    }

    [Fact]
    public async Task Ask_ResolverReturnsNull_IsAFailureThatNamesIt() =>
        (await Asker((_, _) => default).AskAsync(Name)).Should().BeOfType<Answer.Failed>().Which.Reason.Should().Contain(nameof(CustomResolver));

    [Fact]
    public async Task Ask_ResolverCancelsByItself_IsAFailure() =>
        (await Asker((_, _) => throw new OperationCanceledException("gave up")).AskAsync(Name))
            .Should().BeOfType<Answer.Failed>().Which.Reason.Should().Be("gave up");

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Ask_RegistrationOfTheResolverThrows_NeitherTheTimerNorTheDisposalThrows(bool atDeadline)
    {
        TaskCompletionSource asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);
        NameAsker asker = Asker((_, token) =>
        {
            token.Register(() =>
            {
                cancelled.SetResult();
                throw new InvalidOperationException("the resolver fails");
            });
            asked.SetResult();
            return new ValueTask<Answer>(new TaskCompletionSource<Answer>().Task);
        });
        Task<Answer> answer = asker.AskAsync(Name).AsTask();
        await asked.Task;

        Action end = atDeadline ? () => _time.Advance(NameAsker.Deadline) : _stopping.Cancel;

        end.Should().NotThrow();
        (await answer).Should().BeOfType<Answer.Failed>();
        await cancelled.Task.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Ask_ResolverIgnoresItsToken_FailsAtTheDeadline()
    {
        TaskCompletionSource asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Task<Answer> question = Asker((_, _) =>
        {
            asked.SetResult();
            return new ValueTask<Answer>(new TaskCompletionSource<Answer>().Task);
        }).AskAsync(Name).AsTask();
        await asked.Task;

        _time.Advance(NameAsker.Deadline - TimeSpan.FromMilliseconds(1));
        question.IsCompleted.Should().BeFalse();
        _time.Advance(TimeSpan.FromMilliseconds(1));

        (await question).Should().BeOfType<Answer.Failed>().Which.Reason.Should().Be("no answer within 5 s");
    }

    [Fact]
    public async Task Stop_QuestionInFlight_IsAFailureThatSaysSo()
    {
        Task<Answer> question = Asker(async (_, token) =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, _time, token);
            return Found;
        }).AskAsync(Name).AsTask();

        await _stopping.CancelAsync();

        (await question).Should().BeOfType<Answer.Failed>().Which.Reason.Should().Be("the cache was disposed");
    }

    [Fact]
    public async Task Ask_ResolverFailsAfterTheDeadline_LeavesNoUnobservedException()
    {
        ObjectDisposedException thrown = new("the token's source");
        TaskCompletionSource asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        List<Exception> unobserved = [];
        TaskScheduler.UnobservedTaskException += Note;
        try
        {
            await AskUntilDeadlineAsync(asked, thrown);
            await Eventually.Holds(() => !IsAlive(_failing!), "the failed task is collected");
            _ = IsAlive(_failing!);
        }
        finally
        {
            TaskScheduler.UnobservedTaskException -= Note;
        }

        unobserved.Should().BeEmpty();

        void Note(object? sender, UnobservedTaskExceptionEventArgs unobservedTask)
        {
            if (unobservedTask.Exception.InnerExceptions.Contains(thrown))
            {
                unobserved.Add(thrown);
            }
        }
    }

    [Fact]
    public async Task Ask_LocalName_OfAResolverOfTheApplication_IsAnsweredWithoutIt()
    {
        NameAsker asker = Asker((_, _) => throw new InvalidOperationException("not to be asked"));

        (await asker.AskAsync(Question.ForAddresses("127.0.0.7", AddressFamily.Unspecified)))
            .Should().BeOfType<Answer.Found>().Which.Addresses.Should().Equal(IPAddress.Parse("127.0.0.7"));
    }

    [Fact]
    public async Task Ask_Service_OfAResolverThatKnowsOnlyAddresses_IsAFailureThatNamesIt() =>
        (await Asker((_, _) => new ValueTask<Answer>(Found)).AskAsync(Question.ForService("_http._tcp.svc.test")))
            .Should().BeOfType<Answer.Failed>().Which.Reason.Should().Contain(nameof(CustomResolver)).And.Contain("_http._tcp.svc.test");

    private WeakReference? _failing;

    private async Task AskUntilDeadlineAsync(TaskCompletionSource asked, Exception thrown)
    {
        TaskCompletionSource<Answer> late = new();
        _failing = new WeakReference(late.Task);
        Task<Answer> question = Asker((_, _) =>
        {
            asked.SetResult();
            return new ValueTask<Answer>(late.Task);
        }).AskAsync(Name).AsTask();
        await asked.Task;
        _time.Advance(NameAsker.Deadline);
        (await question).Should().BeOfType<Answer.Failed>();
        late.SetException(thrown);
    }

    private static bool IsAlive(WeakReference reference)
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return reference.IsAlive;
    }

    private NameAsker Asker(Func<string, CancellationToken, ValueTask<Answer>> resolve) =>
        new(new CustomResolver(resolve), new SteadyClock(_time), _stopping.Token);
}
