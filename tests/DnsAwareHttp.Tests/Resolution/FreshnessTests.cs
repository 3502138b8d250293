using DnsAwareHttp.Resolution;

namespace DnsAwareHttp.Tests.Resolution;

public sealed class FreshnessTests
{
    private static readonly DateTimeOffset Time = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Believed_WantsNoMoreThanTheTtl() => Parts(Freshness.Believed).Should().Be(((DateTimeOffset?)null, false));

    [Fact]
    public void OnTime_TakesAnAnswerThatIsBeingRefreshed() => Parts(Freshness.OnTime).Should().Be(((DateTimeOffset?)null, true));

    [Fact]
    public void Since_WantsAQuestionOfThatTimeOrLater() => Parts(Freshness.Since(Time)).Should().Be(((DateTimeOffset?)Time, false));

    private static (DateTimeOffset? SentSince, bool MayBeExpired) Parts(Freshness freshness) => (freshness.SentSince, freshness.MayBeExpired);
}
