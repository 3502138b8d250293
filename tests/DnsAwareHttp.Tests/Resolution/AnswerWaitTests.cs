using System.Net;
using DnsAwareHttp.Resolution;
using DnsAwareHttp.Tests.Fakes;
using DnsAwareHttp.Tests.Loopback;

namespace DnsAwareHttp.Tests.Resolution;

public sealed class AnswerWaitTests : IDisposable
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly Answer.Found Found = new([IPAddress.Parse("10.0.0.1")], TimeSpan.FromSeconds(30));

    private readonly ManualTimeProvider _time = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource<Answer> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly AnswerWait _wait;

    public AnswerWaitTests() => _wait = new AnswerWait(_time, _stopping.Token);

    public void Dispose()
    {
        _wait.Dispose();
        _stopping.Dispose();
    }

    [Fact]
    public async Task For_AnswerInTime_IsThatAnswer_AndTheObjectIsUsedAgain()
    {
        for (int count = 0; count < 3; count++)
        {
            _wait.Begin(Second);
            TaskCompletionSource<Answer> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
            ValueTask<bool> outcome = _wait.ForAsync(new ValueTask<Answer>(answer.Task));
            answer.SetResult(Found);

            (await outcome).Should().BeTrue();
            _wait.Answer().Should().BeSameAs(Found);
            _wait.TryReset().Should().BeTrue();
        }

        _time.ActiveTimers.Should().Be(0);
    }

    [Fact]
    public async Task For_FailureAtOnce_IsThrownWhenTheAnswerIsTaken()
    {
        _wait.Begin(Second);

        (await _wait.ForAsync(ValueTask.FromException<Answer>(new InvalidOperationException("no registry")))).Should().BeTrue();

        _wait.Invoking(static wait => wait.Answer()).Should().Throw<InvalidOperationException>().WithMessage("no registry");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task For_TheTimeIsOverOrTheCacheIsDisposed_HasNoAnswer_AndEndsTheQuestion(bool isTime)
    {
        _wait.Begin(Second);
        ValueTask<bool> outcome = _wait.ForAsync(new ValueTask<Answer>(_answer.Task));

        Action end = isTime ? () => _time.Advance(Second) : _stopping.Cancel;
        end();

        (await outcome).Should().BeFalse();
        _wait.Token.IsCancellationRequested.Should().BeTrue();
        _wait.TryReset().Should().BeFalse("the resolver may still have the token");
    }

    [Fact]
    public async Task For_AnswerAfterTheTime_ReachesNoLaterWait()
    {
        _wait.Begin(Second);
        ValueTask<bool> outcome = _wait.ForAsync(new ValueTask<Answer>(_answer.Task));
        _time.Advance(Second);
        (await outcome).Should().BeFalse();

        _answer.SetResult(Found);
        await Eventually.Holds(() => _answer.Task.IsCompleted, "the answer is late");

        _wait.TryReset().Should().BeFalse();
    }

    [Fact]
    public void Begin_TheTimeOfAnEarlierUseIsOver_DoesNotEndTheNext()
    {
        _wait.Begin(Second);
        _wait.TryReset().Should().BeTrue();
        _time.Advance(Second / 2);
        _wait.Begin(Second);

        _time.Advance(Second / 2);

        _wait.Token.IsCancellationRequested.Should().BeFalse();
    }
}
