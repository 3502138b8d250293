using DnsAwareHttp.Health;
using FsCheck.Xunit;

namespace DnsAwareHttp.Tests.Health;

public sealed class EndpointHealthTests
{
    private static readonly DateTimeOffset Before = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Now = Before.AddSeconds(7);

    // The event, the state, the breaks before it; then state, failures and breaks after it, and whether the time of the state is new.
    // One failure is behind each state that fails or was misdirected.
    [Theory]
    [InlineData("dial", EndpointState.Idle, 0, EndpointState.Connecting, 1, 0, true)]
    [InlineData("dial", EndpointState.Idle, 2, EndpointState.Connecting, 1, 2, true)]
    [InlineData("dial", EndpointState.Connecting, 0, EndpointState.Connecting, 1, 0, false)]
    [InlineData("dial", EndpointState.Ready, 1, EndpointState.Ready, 1, 1, false)]
    [InlineData("dial", EndpointState.Failing, 1, EndpointState.Failing, 1, 1, false)]
    [InlineData("dial", EndpointState.Draining, 0, EndpointState.Draining, 1, 0, false)]
    [InlineData("connected", EndpointState.Idle, 1, EndpointState.Ready, 0, 1, true)]
    [InlineData("connected", EndpointState.Connecting, 0, EndpointState.Ready, 0, 0, true)]
    [InlineData("connected", EndpointState.Ready, 2, EndpointState.Ready, 1, 2, false)]
    [InlineData("connected", EndpointState.Failing, 2, EndpointState.Ready, 0, 2, true)]
    [InlineData("connected", EndpointState.Draining, 0, EndpointState.Draining, 1, 0, false)]
    [InlineData("refused", EndpointState.Idle, 0, EndpointState.Failing, 2, 0, true)]
    [InlineData("refused", EndpointState.Connecting, 1, EndpointState.Failing, 2, 1, true)]
    [InlineData("refused", EndpointState.Ready, 2, EndpointState.Failing, 2, 2, true)]
    [InlineData("refused", EndpointState.Failing, 0, EndpointState.Failing, 2, 0, false)]
    [InlineData("refused", EndpointState.Draining, 0, EndpointState.Draining, 1, 0, false)]
    [InlineData("broken", EndpointState.Idle, 0, EndpointState.Idle, 1, 1, false)]
    [InlineData("broken", EndpointState.Ready, 0, EndpointState.Ready, 1, 1, false)]
    [InlineData("broken", EndpointState.Ready, 1, EndpointState.Ready, 1, 2, false)]
    [InlineData("broken", EndpointState.Ready, 2, EndpointState.Failing, 2, 3, true)]
    [InlineData("broken", EndpointState.Failing, 0, EndpointState.Failing, 2, 1, false)]
    [InlineData("broken", EndpointState.Draining, 0, EndpointState.Draining, 1, 0, false)]
    [InlineData("answered", EndpointState.Idle, 1, EndpointState.Idle, 1, 0, false)]
    [InlineData("answered", EndpointState.Ready, 2, EndpointState.Ready, 1, 0, false)]
    [InlineData("answered", EndpointState.Failing, 2, EndpointState.Failing, 1, 0, false)]
    [InlineData("answered", EndpointState.Draining, 0, EndpointState.Draining, 1, 0, false)]
    [InlineData("misdirected", EndpointState.Ready, 1, EndpointState.Ready, 1, 1, false)]
    [InlineData("misdirected", EndpointState.Failing, 1, EndpointState.Failing, 1, 1, false)]
    [InlineData("named again", EndpointState.Ready, 1, EndpointState.Ready, 1, 1, false)]
    [InlineData("named again", EndpointState.Draining, 0, EndpointState.Draining, 1, 0, false)]
    public void Event_InEachState_MakesTheNextState(
        string happening, EndpointState state, int breaks, EndpointState next, int nextFailures, int nextBreaks, bool isSinceNow)
    {
        EndpointHealth before = new(state, "as before", Before, Failures: 1, breaks);

        EndpointHealth after = Apply(before, happening);

        after.State.Should().Be(next);
        after.Failures.Should().Be(nextFailures);
        after.Breaks.Should().Be(nextBreaks);
        after.Since.Should().Be(isSinceNow ? Now : Before);
    }

    [Fact]
    public void New_IsIdleAndNotAvoided() =>
        EndpointHealth.New(Now).Should().BeEquivalentTo(
            new { State = EndpointState.Idle, Since = Now, Failures = 0, Breaks = 0, IsMisdirected = false, IsAvoided = false });

    [Theory]
    [InlineData(EndpointState.Idle, false, false)]
    [InlineData(EndpointState.Connecting, false, false)]
    [InlineData(EndpointState.Ready, false, false)]
    [InlineData(EndpointState.Failing, false, true)]
    [InlineData(EndpointState.Ready, true, true)]
    [InlineData(EndpointState.Idle, true, true)]
    public void IsAvoided_OnlyAFailingOrMisdirectedEndpoint(EndpointState state, bool isMisdirected, bool isAvoided) =>
        new EndpointHealth(state, "", Before, IsMisdirected: isMisdirected).IsAvoided.Should().Be(isAvoided);

    [Fact]
    public void Misdirected_StaysSoUntilTheNameHasANewAnswer()
    {
        EndpointHealth misdirected = EndpointHealth.New(Before).OnMisdirected();

        EndpointHealth later = misdirected.OnDialBegun(Now).OnConnected(Now).OnConnectFailed("refused", Now).OnBroken("reset", Now).OnConnected(Now).OnAnswered(Now);

        later.IsMisdirected.Should().BeTrue();
        later.OnNamedAgain().Should().BeEquivalentTo(new { IsMisdirected = false, State = EndpointState.Ready });
    }

    [Fact]
    public void Misdirected_Twice_IsNoChange()
    {
        EndpointHealth misdirected = EndpointHealth.New(Before).OnMisdirected();

        misdirected.OnMisdirected().Should().BeSameAs(misdirected);
    }

    [Fact]
    public void Draining_AResponseSays421_KeepsTheReasonOfTheDrain()
    {
        EndpointHealth draining = EndpointHealth.Draining("left DNS", Now);

        draining.OnMisdirected().Should().BeSameAs(draining);
    }

    [Fact]
    public void Failing_AResponseSays421AndTheNameHasANewAnswer_KeepsTheReasonOfTheFailure()
    {
        EndpointHealth failing = EndpointHealth.New(Before).OnConnectFailed("refused", Now).OnMisdirected();

        failing.Reason.Should().Be("refused");
        failing.OnNamedAgain().Reason.Should().Be("refused");
    }

    [Theory]
    [InlineData(0, "a connection broke: reset")]
    [InlineData(2, "3 connections in a row broke: reset")]
    public void Broken_TheEndpointFails_TellsHowManyConnectionsBroke(int breaks, string reason) =>
        new EndpointHealth(EndpointState.Failing, "refused", Before, 1, breaks).OnBroken("reset", Now).Reason.Should().Be(reason);

    [Property]
    public bool AnyEvents_AfterADrain_NeverReviveTheEndpoint(Happening[] happenings)
    {
        EndpointHealth draining = EndpointHealth.Draining("left DNS", Before);

        return happenings.Aggregate(draining, (health, happening) => Apply(health, NameOf(happening))) == draining;
    }

    [Property]
    public bool AnyEvents_FailuresStartAgain_OnlyByAConnectOrAnAnswer(Happening[] happenings) => Holds(
        happenings, (before, happening, after) => after.Failures >= before.Failures || happening is Happening.Connected or Happening.Answered);

    [Property]
    public bool AnyEvents_AnEndpointThatNeedsAnAnswer_IsWellOnlyByAnAnswer(Happening[] happenings) => Holds(
        happenings, (before, happening, after) => !before.NeedsAnswer || after.NeedsAnswer || happening is Happening.Answered);

    [Property]
    public bool AnyEvents_PausesBetweenRecoveriesShrink_OnlyByAnAnswer(Happening[] happenings) => Holds(
        happenings, (before, happening, after) => after.Recoveries >= before.Recoveries || happening is Happening.Answered);

    [Property]
    public bool AnyEvents_OnTrial_OnlyAnEndpointThatNeedsAnAnswer(Happening[] happenings) => Holds(
        happenings, (_, _, after) => !after.IsOnTrial || after.NeedsAnswer);

    [Property]
    public bool AnyEvents_AnAnswerThatWouldChangeNothing_ChangesNothing(Happening[] happenings) => Holds(
        happenings, (_, _, after) => after.IsChangedByAnswer || ReferenceEquals(after.OnAnswered(Now), after));

    [Fact]
    public void HandshakeUnanswered_FailsUntilAnAnswerOnTrial()
    {
        EndpointHealth failing = EndpointHealth.New(Before).OnConnected(Before).OnHandshakeUnanswered("no handshake", Now);
        failing.Should().BeEquivalentTo(new { State = EndpointState.Failing, Reason = "no handshake", NeedsAnswer = true, IsOnTrial = false });

        EndpointHealth connected = failing.OnRecoveryBegun().OnConnected(Now);
        connected.Should().BeEquivalentTo(new { State = EndpointState.Failing, IsOnTrial = false, Recoveries = 1 }, "a connect proves nothing");

        EndpointHealth onTrial = connected.OnTrialBegun();
        onTrial.Should().BeEquivalentTo(new { IsOnTrial = true, IsAvoided = true });
        onTrial.OnUnanswered().OnRecoveryBegun().Should().BeEquivalentTo(new { IsOnTrial = false, NeedsAnswer = true, Recoveries = 2 });
        onTrial.OnAnswered(Now).Should().BeEquivalentTo(
            new { State = EndpointState.Ready, IsOnTrial = false, IsAvoided = false, Recoveries = 0, Breaks = 0, Failures = 0 });
    }

    [Fact]
    public void Refused_AnAnswerOverAnOlderConnection_DoesNotMakeItReady()
    {
        EndpointHealth refused = EndpointHealth.New(Before).OnConnectFailed("refused", Now).OnRecoveryBegun();

        refused.OnAnswered(Now).Should().BeSameAs(refused);
        refused.OnTrialBegun().Should().BeSameAs(refused, "a connect will show that it is well");
        refused.OnConnected(Now).Should().BeEquivalentTo(new { State = EndpointState.Ready, Recoveries = 1 }, "the next failure finds longer pauses");
    }

    [Property]
    public bool AnyEvents_BreaksStartAgain_OnlyByAnAnswer(Happening[] happenings) => Holds(
        happenings, (before, happening, after) => after.Breaks >= before.Breaks || happening is Happening.Answered);

    [Property]
    public bool AnyEvents_TheEndpointFails_OnlyWithAFailure(Happening[] happenings) => Holds(
        happenings, (_, _, after) => (after.State is EndpointState.Failing) == (after.Failures > 0));

    [Property]
    public bool AnyEvents_TimeOfTheState_ChangesOnlyWithTheState(Happening[] happenings) => Holds(
        happenings, (before, _, after) => (before.State == after.State) == (before.Since == after.Since));

    public enum Happening
    {
        Dial,
        Connected,
        Refused,
        Broken,
        Answered,
        Misdirected,
        NamedAgain,
        HandshakeUnanswered,
        RecoveryBegun,
        TrialBegun,
        Unanswered,
    }

    private static bool Holds(Happening[] happenings, Func<EndpointHealth, Happening, EndpointHealth, bool> rule)
    {
        EndpointHealth health = EndpointHealth.New(Before);
        DateTimeOffset now = Before;
        foreach (Happening happening in happenings)
        {
            now += TimeSpan.FromSeconds(1);
            EndpointHealth after = Apply(health, NameOf(happening), now);
            if (!rule(health, happening, after))
            {
                return false;
            }

            health = after;
        }

        return true;
    }

    private static string NameOf(Happening happening) => happening is Happening.NamedAgain ? "named again" : happening.ToString().ToLowerInvariant();

    private static EndpointHealth Apply(EndpointHealth health, string happening) => Apply(health, happening, Now);

    private static EndpointHealth Apply(EndpointHealth health, string happening, DateTimeOffset now) => happening switch
    {
        "dial" => health.OnDialBegun(now),
        "connected" => health.OnConnected(now),
        "refused" => health.OnConnectFailed("refused", now),
        "broken" => health.OnBroken("reset", now),
        "answered" => health.OnAnswered(now),
        "misdirected" => health.OnMisdirected(),
        "named again" => health.OnNamedAgain(),
        "handshakeunanswered" => health.OnHandshakeUnanswered("no handshake", now),
        "recoverybegun" => health.OnRecoveryBegun(),
        "trialbegun" => health.OnTrialBegun(),
        "unanswered" => health.OnUnanswered(),
        _ => throw new ArgumentOutOfRangeException(nameof(happening), happening, null),
    };

    [Fact]
    public void FirstProbe_Decides()
    {
        EndpointHealth awaited = EndpointHealth.New(Before) with { Probe = ProbeState.Awaited };
        awaited.IsAvoided.Should().BeTrue();

        awaited.OnProbed(null).Should().Match<EndpointHealth>(health => !health.IsAvoided && health.Probe == ProbeState.Passed);
        awaited.OnProbed("500").Should().Match<EndpointHealth>(health => health.IsAvoided && health.Reason == "its probe failed: 500");
    }

    [Fact]
    public void ProbeThatFailsOnce_IsNotBelieved_TwiceInARowIs()
    {
        EndpointHealth passed = EndpointHealth.New(Before).OnProbed(null);
        EndpointHealth once = passed.OnProbed("timeout");

        once.IsAvoided.Should().BeFalse();
        once.OnProbed(null).OnProbed("timeout").IsAvoided.Should().BeFalse("they are not in a row");
        once.OnProbed("timeout").IsAvoided.Should().BeTrue();
        once.OnProbed("timeout").OnProbed(null).IsAvoided.Should().BeFalse("one that passes is enough");
        passed.OnProbed(null).Should().BeSameAs(passed);
    }

    [Fact]
    public void Probe_LeavesAFailureOrADrainAsItIs()
    {
        EndpointHealth failing = EndpointHealth.New(Before).OnConnectFailed("refused", Now);

        failing.OnProbed("refused").Reason.Should().Be("refused");
        failing.OnProbed(null).IsAvoided.Should().BeTrue("only a connect ends a failure to connect");
        EndpointHealth.Draining("left DNS", Now).OnProbed("timeout").Reason.Should().Be("left DNS");
    }
}
