using System.Net;
using DnsAwareHttp.Resolution.Sources;
using DnsAwareHttp.Tests.Fakes;
using DnsAwareHttp.Tests.Loopback;

namespace DnsAwareHttp.Tests.Resolution.Sources;

public sealed class CandidateRunTests
{
    private static readonly TimeSpan Generous = TimeSpan.FromSeconds(60);

    private readonly ManualTimeProvider _clock = new();
    private readonly Dictionary<string, TaskCompletionSource<DnsOutcome>> _asked = [];
    private readonly List<string> _ended = [];

    [Fact]
    public async Task LateName_GetsCompany_AndItsFailureMakesTheOtherProvisional()
    {
        Task<DnsOutcome> asking = Ask(known: null, "a", "b");
        await AskedAsync("a");
        _clock.Advance(ServerRun.LateAfter);
        await AskedAsync("a", "b");
        Says("b", Found);
        await Task.Yield();
        asking.IsCompleted.Should().BeFalse("what is late has not failed");

        Says("a", Failed);

        Outcome(await asking.WaitAsync(Generous)).Should().Be("b provisional");
    }

    [Fact]
    public async Task SilentNames_AreSteppedOverWithinTheShare_HoweverManyThereAre()
    {
        Task<DnsOutcome> asking = Ask(known: null, "a", "b", "c", "d", "e", "f");
        foreach (int count in Enumerable.Range(2, 5))
        {
            _clock.Advance(ServerRun.LateAfter);
            await Eventually.Holds(() => Asked().Length == count, "the next name is asked for");
        }

        Says("f", Found);
        await Eventually.Holds(() => { _clock.Advance(TimeSpan.FromMilliseconds(50)); return asking.IsCompleted; }, "the share is over");

        Outcome(await asking.WaitAsync(Generous)).Should().Be("f provisional");
        _ended.Should().BeEquivalentTo(["a", "b", "c", "d", "e"], "nobody waits for them any more");
    }

    [Fact]
    public async Task NameThatGaveTheAddresses_IsNotHeldBackByAnEarlierOneThatIsLate()
    {
        Task<DnsOutcome> asking = Ask(known: 1, "a", "b");
        _clock.Advance(ServerRun.LateAfter);
        await AskedAsync("a", "b");
        Says("b", Found);

        DnsOutcome first = await asking.WaitAsync(Generous);

        Outcome(first).Should().Be("b");
        Task<Answer> rest = ((Answer.Found)first.Answer).Rest!;
        rest.IsCompleted.Should().BeFalse();
        Says("a", Found);
        Outcome(new DnsOutcome(await rest.WaitAsync(Generous), true)).Should().Be("a", "the earlier name exists now");
    }

    [Fact]
    public async Task NameThatGaveTheAddresses_TheEarlierOneFailsInTheEnd()
    {
        Task<DnsOutcome> asking = Ask(known: 1, "a", "b");
        _clock.Advance(ServerRun.LateAfter);
        await AskedAsync("a", "b");
        Says("b", Found);
        Task<Answer> rest = ((Answer.Found)(await asking.WaitAsync(Generous)).Answer).Rest!;

        Says("a", Failed);

        Outcome(new DnsOutcome(await rest.WaitAsync(Generous), true)).Should().Be("b provisional");
    }

    [Fact]
    public async Task FirstAnswer_EndsTheOthers()
    {
        Task<DnsOutcome> asking = Ask(known: null, "a", "b");
        _clock.Advance(ServerRun.LateAfter);
        await AskedAsync("a", "b");
        Says("a", Found);

        Outcome(await asking.WaitAsync(Generous)).Should().Be("a");
        _ended.Should().Equal("b");
        await Eventually.Holds(() => _clock.ActiveTimers == 0, "no timer runs");
    }

    [Fact]
    public async Task CallersToken_EndsAll()
    {
        using CancellationTokenSource caller = new();
        Task<DnsOutcome> asking = new CandidateRun(["a", "b"], null, AskOne, _clock).FirstAsync(caller.Token);
        _clock.Advance(ServerRun.LateAfter);
        await AskedAsync("a", "b");
        await caller.CancelAsync();

        await ((Func<Task>)(() => asking.WaitAsync(Generous))).Should().ThrowAsync<OperationCanceledException>();
        _ended.Should().BeEquivalentTo(["a", "b"]);
    }

    private static DnsOutcome Found => new(new Answer.Found([IPAddress.Loopback], TimeSpan.FromSeconds(60)), WasAsked: true);

    private static DnsOutcome Failed => new(new Answer.Failed("SERVFAIL"), WasAsked: true);

    private static string Outcome(DnsOutcome outcome) =>
        outcome.Answer is Answer.Found found ? $"{found.Candidate}{(found.IsProvisional ? " provisional" : "")}" : outcome.Answer.GetType().Name;

    private Task<DnsOutcome> Ask(int? known, params string[] names) => new CandidateRun(names, known, AskOne, _clock).FirstAsync(default);

    private async Task<DnsOutcome> AskOne(string name, CancellationToken cancellationToken)
    {
        TaskCompletionSource<DnsOutcome> outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_asked)
        {
            _asked.Add(name, outcome);
        }

        try
        {
            return await outcome.Task.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            lock (_asked)
            {
                _ended.Add(name);
            }

            throw;
        }
    }

    private string[] Asked()
    {
        lock (_asked)
        {
            return [.. _asked.Keys.Order()];
        }
    }

    private void Says(string name, DnsOutcome outcome) => _asked[name].SetResult(outcome);

    private Task AskedAsync(params string[] names) => Eventually.Holds(() => Asked().SequenceEqual(names), $"asked are {string.Join(", ", names)}");
}
