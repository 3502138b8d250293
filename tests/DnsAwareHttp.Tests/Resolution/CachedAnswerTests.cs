using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using DnsAwareHttp.Resolution;

namespace DnsAwareHttp.Tests.Resolution;

public sealed class CachedAnswerTests
{
    private static readonly DateTimeOffset Sent = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Arrived = Sent + TimeSpan.FromSeconds(1);

    [Theory]
    [InlineData(0, 1)]
    [InlineData(30, 30)]
    [InlineData(86_400, 300)]
    [InlineData(int.MaxValue, 300)]
    public void Ttl_IsClampedAndCountsFromTheQuestion(int ttl, int lifetime)
    {
        CachedAnswer answer = After(null, Found(ttl, "10.0.0.1"));

        answer.ExpiresAt.Should().Be(Sent + TimeSpan.FromSeconds(lifetime));
        answer.RefreshAt.Should().BeOnOrAfter(answer.ExpiresAt).And.BeOnOrBefore(answer.ExpiresAt + TimeSpan.FromMilliseconds(100));
    }

    [Fact]
    public void EndlessTtl_IsClampedWithoutOverflow() =>
        After(null, new Answer.Found([IPAddress.Loopback], TimeSpan.MaxValue)).ExpiresAt.Should().Be(Sent + TimeSpan.FromMinutes(5));

    [Fact]
    public void NegativeTtl_IsAtMostThirtySeconds() =>
        After(null, new Answer.Empty(EmptyReason.NoData, TimeSpan.FromHours(1))).ExpiresAt.Should().Be(Sent + TimeSpan.FromSeconds(30));

    [Fact]
    public void Failure_KeepsWhatIsGoodUntilMaxStale()
    {
        CachedAnswer good = After(null, Found(30, "10.0.0.1"));
        TimeSpan limit = TimeSpan.FromSeconds(30) + new DnsCacheOptions().MaxStale;

        CachedAnswer stale = CachedAnswer.After(good, Failed(), AddressFamily.Unspecified, Sent, Sent + limit, new DnsCacheOptions(), new Random(1));
        CachedAnswer tooOld = CachedAnswer.After(good, Failed(), AddressFamily.Unspecified, Sent, Sent + limit + TimeSpan.FromSeconds(1), new DnsCacheOptions(), new Random(1));

        stale.Should().Match<CachedAnswer>(a => a.IsStale && a.LastGood == good.LastGood && a.LastGoodAt == Sent);
        tooOld.Should().Match<CachedAnswer>(a => !a.IsStale && a.LastGood == null && a.LastGoodAt == null);
    }

    [Fact]
    public void OneFamilyFailed_ItsKnownAddressesStayAndItIsAskedAgainSoon()
    {
        CachedAnswer both = After(null, Found(300, "10.0.0.1", "::1"));

        CachedAnswer half = After(both, Found(300, "10.0.0.2") with { FailedFamily = AddressFamily.InterNetworkV6 });

        half.LastGood!.Addresses.Should().Equal(IPAddress.Parse("10.0.0.2"), IPAddress.IPv6Loopback);
        half.RefreshAt.Should().BeBefore(Arrived + TimeSpan.FromSeconds(2));
        half.Latest.Should().BeOfType<Answer.Found>("it is not a failure");
    }

    [Fact]
    public void OneFamilyGone_ItsAddressesGo()
    {
        CachedAnswer both = After(null, Found(300, "10.0.0.1", "::1"));

        After(both, Found(300, "10.0.0.1")).LastGood!.Addresses.Should().Equal(IPAddress.Parse("10.0.0.1"));
    }

    [Fact]
    public void MappedAndRepeatedAddresses_AreFolded() =>
        After(null, Found(30, "::ffff:10.0.0.1", "10.0.0.1", "10.0.0.2", "10.0.0.2")).LastGood!.Addresses.Should().Equal(IPAddress.Parse("10.0.0.1"), IPAddress.Parse("10.0.0.2"));

    [Fact]
    public void OtherFamilyThanWanted_IsLeftOut() =>
        CachedAnswer.After(null, Found(30, "10.0.0.1", "::1"), AddressFamily.InterNetworkV6, Sent, Arrived, new DnsCacheOptions(), new Random(1))
            .LastGood!.Addresses.Should().Equal(IPAddress.IPv6Loopback);

    [Fact]
    public void FoundWithoutAddresses_IsEmpty() =>
        After(null, new Answer.Found(ImmutableArray<IPAddress>.Empty, TimeSpan.FromSeconds(5))).Latest.Should().BeOfType<Answer.Empty>();

    [Fact]
    public void HugeAnswer_IsBounded()
    {
        Answer.Found huge = new([.. Enumerable.Range(0, 10_000).Select(i => new IPAddress([10, 0, (byte)(i >> 8), (byte)i]))], TimeSpan.FromSeconds(30));

        After(null, huge).LastGood!.Addresses.Should().HaveCount(4096);
    }

    [Fact]
    public void Empty_DropsWhatWasGoodAndFailuresInARowEndWithAnAnswer()
    {
        CachedAnswer failedTwice = After(After(After(null, Found(30, "10.0.0.1")), Failed()), Failed());
        CachedAnswer empty = After(failedTwice, new Answer.Empty(EmptyReason.NxDomain, TimeSpan.FromSeconds(5)));

        failedTwice.Failures.Should().Be(2);
        empty.Should().Match<CachedAnswer>(a => a.LastGood == null && a.Failures == 0 && a.Version == 4);
    }

    [Fact]
    public void Backoff_GrowsToItsLimitWithinItsSpread()
    {
        Random random = new(7);
        for (int failures = 1; failures < 40; failures++)
        {
            double expected = Math.Min(Math.Pow(1.6, failures - 1), 30);
            Backoff.After(failures, Backoff.MaxForNames, random).TotalSeconds.Should().BeInRange(expected * 0.8, expected * 1.2);
        }
    }

    [Fact]
    public void SteadyClock_DoesNotFollowAClockThatIsSet()
    {
        JumpingClock clock = new();
        SteadyClock steady = new(clock);
        DateTimeOffset before = steady.Now;

        clock.Jump(TimeSpan.FromHours(-3));

        steady.Now.Should().Be(before);
    }

    private static Answer.Found Found(int ttl, params string[] addresses) => new([.. addresses.Select(IPAddress.Parse)], TimeSpan.FromSeconds(ttl));

    private static Answer.Failed Failed() => new("SERVFAIL");

    private static CachedAnswer After(CachedAnswer? before, Answer answer) =>
        CachedAnswer.After(before, answer, AddressFamily.Unspecified, Sent, Arrived, new DnsCacheOptions(), new Random(1));

    private sealed class JumpingClock : TimeProvider
    {
        private DateTimeOffset _now = Sent;

        public void Jump(TimeSpan by) => _now += by;

        public override DateTimeOffset GetUtcNow() => _now;

        public override long GetTimestamp() => 0;
    }
}
