using DnsAwareHttp.Health;

namespace DnsAwareHttp.Tests.Health;

/// <summary>An ejection as one more state of an endpoint's health.</summary>
public sealed class EjectedHealthTests
{
    private static readonly DateTimeOffset Before = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Now = Before.AddSeconds(7);
    private static readonly Ejection First = Ejection.Next(null, new OutlierDetectionOptions(), TimeSpan.Zero, spread: 0, Before);

    [Theory]
    [InlineData(EndpointState.Idle, EndpointState.Ejected)]
    [InlineData(EndpointState.Connecting, EndpointState.Ejected)]
    [InlineData(EndpointState.Ready, EndpointState.Ejected)]
    [InlineData(EndpointState.Failing, EndpointState.Failing)]
    [InlineData(EndpointState.Draining, EndpointState.Draining)]
    public void Ejected_InEachState(EndpointState before, EndpointState after)
    {
        EndpointHealth health = new EndpointHealth(before, "as before", Before).OnEjected(First, "503", Now);

        health.State.Should().Be(after);
        health.IsAvoided.Should().Be(after is EndpointState.Ejected or EndpointState.Failing);
    }

    [Fact]
    public void AConnectOrAnAnswer_DoesNotEndIt()
    {
        EndpointHealth ejected = Ejected();

        ejected.OnConnected(Now).State.Should().Be(EndpointState.Ejected);
        ejected.OnAnswered(Now).State.Should().Be(EndpointState.Ejected);
        ejected.OnGood(Now).State.Should().Be(EndpointState.Ejected, "its time is not over");
        ejected.OnMisdirected().Reason.Should().Be("503");
    }

    [Fact]
    public void OnTrial_AGoodAnswerReturnsIt_AndTheRowIsRemembered()
    {
        EndpointHealth returned = Ejected().OnTrialBegun().OnGood(Now);

        returned.State.Should().Be(EndpointState.Ready);
        returned.IsOnTrial.Should().BeFalse();
        returned.Since.Should().Be(Now);
        returned.Ejection.Should().Be(First with { Ended = Now });
    }

    [Fact]
    public void OnTrial_OthersFailToo_TheEjectionIsAsLongAsBefore()
    {
        EndpointHealth ended = Ejected().OnTrialBegun().OnTrialEnded();

        (ended.State, ended.IsOnTrial, ended.Ejection).Should().Be((EndpointState.Ejected, false, First));
        EndpointHealth.New(Before).OnTrialEnded().Should().Be(EndpointHealth.New(Before));
    }

    [Fact]
    public void ProbePasses_ThatFailedSinceTheEjection_ItReturns()
    {
        EndpointHealth returned = Ejected().OnProbed("500").OnProbed(null).OnTrialProbePassed(Now);

        (returned.State, returned.IsAvoided, returned.Ejection!.Ended).Should().Be((EndpointState.Ready, false, Now));
    }

    [Fact]
    public void ProbePasses_ThatNeverFailed_ItStaysOut()
    {
        EndpointHealth passed = Ejected().OnProbed(null);

        passed.OnTrialProbePassed(Now).Should().BeSameAs(passed);
    }

    [Fact]
    public void ProbeFailedSinceAnEjectionInTheRow_IsRememberedInTheNextOne()
    {
        Ejection seen = First with { ProbeHasFailed = true };

        Ejection.Next(seen, new OutlierDetectionOptions(), TimeSpan.Zero, 0, Now).ProbeHasFailed.Should().BeTrue();
        Ejection.Next(seen with { Ended = Now }, new OutlierDetectionOptions(), TimeSpan.Zero, 0, Now).ProbeHasFailed.Should().BeFalse("it returned");
    }

    [Fact]
    public void OnTrial_NoAnswerOfItsOwnFault_TheTrialGoesOn() => Ejected().OnTrialBegun().OnUnanswered().IsOnTrial.Should().BeTrue();

    [Fact]
    public void EjectedAgain_IsEjectedSinceTheFirstTime()
    {
        Ejection second = Ejection.Next(First, new OutlierDetectionOptions(), TimeSpan.Zero, spread: 0, Now);

        EndpointHealth again = Ejected().OnTrialBegun().OnEjected(second, "503 again", Now);

        again.Since.Should().Be(Before);
        again.IsOnTrial.Should().BeFalse();
        again.Ejection!.Count.Should().Be(2);
        again.Reason.Should().Be("503 again");
    }

    [Fact]
    public void ItsConnectFails_ItFails_AndAConnectMakesItReady()
    {
        EndpointHealth failing = Ejected().OnConnectFailed("refused", Now);

        failing.State.Should().Be(EndpointState.Failing);
        failing.Ejection!.Ended.Should().Be(Now);
        failing.OnConnected(Now).State.Should().Be(EndpointState.Ready);
    }

    private static EndpointHealth Ejected() => new EndpointHealth(EndpointState.Ready, "connected", Before).OnEjected(First, "503", Before);
}
