using DnsAwareHttp.Resolution.Sources;

namespace DnsAwareHttp.Tests.Resolution.Sources;

public sealed class DnsOutcomeTests
{
    [Fact]
    public void Late_IsAFailureOfServersThatWereAsked()
    {
        DnsOutcome late = DnsOutcome.Late("svc.test", TimeSpan.FromMilliseconds(1500));

        late.Answer.Should().Be(new Answer.Failed("no server answered for svc.test within 1.5 s"));
        (late.WasAsked, late.HasNoServer).Should().Be((true, false));
    }

    [Fact]
    public async Task RestOf_IsTheAnswerOfTheLaterOutcome()
    {
        TaskCompletionSource<DnsOutcome> later = new();
        Task<Answer> rest = DnsOutcome.RestOf(later.Task);
        rest.IsCompleted.Should().BeFalse();
        Answer answer = new Answer.Empty(EmptyReason.NoData, TimeSpan.Zero);

        later.SetResult(new DnsOutcome(answer, WasAsked: true));

        (await rest).Should().BeSameAs(answer);
    }
}
