using System.Net;
using System.Net.Sockets;
using DnsAwareHttp.Resolution;
using DnsAwareHttp.Tests.Fakes;

namespace DnsAwareHttp.Tests.Resolution;

public sealed class CachedAnswerTests
{
    private static readonly DateTimeOffset Start = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly DnsCacheOptions _options = new();
    private readonly ScriptedRandom _noJitter = new() { Fraction = 0 };

    [Fact]
    public void Found_SlowAnswer_ItsTtlCountsFromTheQuestion()
    {
        CachedAnswer known = After(null, Found(30, "10.0.0.1"), sentAt: 0, now: 4);

        known.ExpiresAt.Should().Be(At(30));
        known.RefreshAt.Should().Be(At(30));
        known.LastGoodAt.Should().Be(At(0));
    }

    [Fact]
    public void Found_SlowerThanItsTtl_IsRefreshedFromNowAndNotFromThePast()
    {
        CachedAnswer known = After(null, Found(1, "10.0.0.1"), sentAt: 0, now: 4);

        known.ExpiresAt.Should().Be(At(1));
        known.RefreshAt.Should().Be(At(4));
    }

    [Fact]
    public void Found_Jitter_RefreshesAfterTheExpiryAndWithin100Milliseconds()
    {
        Random random = new(42);
        for (int i = 0; i < 1_000; i++)
        {
            CachedAnswer known = CachedAnswer.After(null, Found(30, "10.0.0.1"), AddressFamily.Unspecified, Start, Start, _options, random);
            known.RefreshAt.Should().BeOnOrAfter(At(30)).And.BeOnOrBefore(At(30.1));
        }
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(86_400, 300)]
    public void Found_TtlOutOfBounds_IsClamped(int ttl, int expected) =>
        After(null, Found(ttl, "10.0.0.1")).ExpiresAt.Should().Be(At(expected));

    [Fact]
    public void Found_DefaultOrNoAddresses_IsEmpty()
    {
        After(null, new Answer.Found(default, TimeSpan.FromSeconds(5))).Latest.Should().Be(new Answer.Empty(EmptyReason.NoData, TimeSpan.FromSeconds(5)));
        After(null, new Answer.Found([], TimeSpan.FromSeconds(5))).LastGood.Should().BeNull();
    }

    [Fact]
    public void Found_UnspecifiedAddresses_AreDropped_AndAloneAreNoData()
    {
        Addresses(After(null, Found(30, "0.0.0.0", "10.0.0.1", "::", "::ffff:0.0.0.0"))).Should().Equal("10.0.0.1");
        After(null, Found(5, "0.0.0.0", "::")).Latest.Should().Be(new Answer.Empty(EmptyReason.NoData, TimeSpan.FromSeconds(5)));
    }

    [Fact]
    public void Found_MappedAndRepeatedAddresses_AreFolded() =>
        Addresses(After(null, Found(30, "10.0.0.1", "::ffff:10.0.0.1", "10.0.0.2", "10.0.0.1", "fd00::1"))).Should().Equal("10.0.0.1", "10.0.0.2", "fd00::1");

    [Theory]
    [InlineData(AddressFamily.InterNetwork, "10.0.0.1,10.0.0.2")]
    [InlineData(AddressFamily.InterNetworkV6, "fd00::1")]
    [InlineData(AddressFamily.Unspecified, "10.0.0.1,fd00::1,10.0.0.2")]
    public void Found_OneFamilyWanted_TheOtherIsLeftOut(AddressFamily family, string expected) =>
        Addresses(CachedAnswer.After(null, Found(30, "10.0.0.1", "fd00::1", "::ffff:10.0.0.2"), family, Start, Start, _options, _noJitter)).Should().Equal(expected.Split(','));

    [Fact]
    public void Found_OnlyTheOtherFamily_IsEmpty() =>
        CachedAnswer.After(null, Found(30, "10.0.0.1"), AddressFamily.InterNetworkV6, Start, Start, _options, _noJitter).Latest.Should().BeOfType<Answer.Empty>();

    [Fact]
    public void Found_FarTooManyAddresses_TheFirst4096AreKept()
    {
        Answer.Found many = new([.. Enumerable.Range(0, 5_000).Select(i => new IPAddress([10, 0, (byte)(i >> 8), (byte)i]))], TimeSpan.FromSeconds(30));

        CachedAnswer known = After(null, many);

        known.LastGood!.Addresses.Should().HaveCount(4096);
        known.LastGood.Addresses.Should().Equal(many.Addresses.Take(4096));
    }

    [Fact]
    public void Found_Completeness_IsKept() =>
        After(null, Found(30, "10.0.0.1") with { IsComplete = true }).LastGood!.IsComplete.Should().BeTrue();

    [Fact]
    public void Empty_AfterAddresses_HasNoneAndHoldsForTheNegativeTtl()
    {
        CachedAnswer known = After(After(null, Found(30, "10.0.0.1")), new Answer.Empty(EmptyReason.NxDomain, TimeSpan.FromHours(1)));

        known.LastGood.Should().BeNull();
        known.LastGoodAt.Should().BeNull();
        known.ExpiresAt.Should().Be(At(30));
    }

    [Fact]
    public void Failed_AfterAddresses_KeepsThem()
    {
        CachedAnswer good = After(null, Found(30, "10.0.0.1"));

        CachedAnswer known = After(good, new Answer.Failed("SERVFAIL"), sentAt: 30, now: 30);

        known.LastGood.Should().Be(good.LastGood);
        known.LastGoodAt.Should().Be(At(0));
        known.IsStale.Should().BeTrue();
        known.Failures.Should().Be(1);
        known.ExpiresAt.Should().Be(At(31));
    }

    [Fact]
    public void Failed_AgainAndAgain_IsAskedEverLater()
    {
        ScriptedRandom noSpread = new() { Fraction = 0.5 };
        CachedAnswer? known = null;
        List<double> pauses = [];
        for (int i = 0; i < 12; i++)
        {
            known = CachedAnswer.After(known, new Answer.Failed("timeout"), AddressFamily.Unspecified, Start, At(5), _options, noSpread);
            pauses.Add(Math.Round((known.RefreshAt - At(5)).TotalSeconds, 2));
        }

        pauses.Should().StartWith([1, 1.6, 2.56]).And.EndWith([30, 30, 30]).And.BeInAscendingOrder();
        known!.Failures.Should().Be(12);
    }

    [Fact]
    public void Failed_ThenFound_ForgetsTheFailures() =>
        After(After(null, new Answer.Failed("SERVFAIL")), Found(30, "10.0.0.1")).Failures.Should().Be(0);

    [Fact]
    public void Failed_UntilMaxStaleHasPassed_KeepsTheAddressesAndNoLonger()
    {
        _options.MaxStale = TimeSpan.FromSeconds(100);
        CachedAnswer known = After(null, Found(30, "10.0.0.1"));

        known = After(known, new Answer.Failed("SERVFAIL"), sentAt: 130, now: 130);
        known.LastGood.Should().NotBeNull();

        known = After(known, new Answer.Failed("SERVFAIL"), sentAt: 130, now: 130.001);
        known.LastGood.Should().BeNull();
        known.LastGoodAt.Should().BeNull();
        known.IsStale.Should().BeFalse();
    }

    [Fact]
    public void Failed_FirstQuestion_HasNothing()
    {
        CachedAnswer known = After(null, new Answer.Failed("SERVFAIL"));

        known.LastGood.Should().BeNull();
        known.IsStale.Should().BeFalse();
        known.Version.Should().Be(1);
    }

    [Fact]
    public void FailedFamily_AfterBothWereKnown_KeepsItsAddressesAndAsksSoon()
    {
        CachedAnswer both = After(null, Found(60, "10.0.0.1", "fd00::1", "fd00::2"));

        CachedAnswer known = After(both, Found(60, "10.0.0.2") with { FailedFamily = AddressFamily.InterNetworkV6 }, sentAt: 60, now: 60);

        Addresses(known).Should().Equal("10.0.0.2", "fd00::1", "fd00::2");
        known.Latest.Should().Be(known.LastGood);
        known.ExpiresAt.Should().Be(At(120));
        known.RefreshAt.Should().BeAfter(At(60)).And.BeBefore(At(62));
        known.Failures.Should().Be(1);
    }

    [Fact]
    public void FailedFamily_NothingKnownBefore_UsesTheOther() =>
        Addresses(After(null, Found(60, "10.0.0.2") with { FailedFamily = AddressFamily.InterNetworkV6 })).Should().Equal("10.0.0.2");

    [Fact]
    public void FailedFamily_AgainAndAgain_IsAskedEverLaterButNotLaterThanTheTtl()
    {
        CachedAnswer? known = null;
        for (int i = 0; i < 20; i++)
        {
            known = After(known, Found(10, "10.0.0.2") with { FailedFamily = AddressFamily.InterNetworkV6 });
        }

        known!.RefreshAt.Should().Be(At(10));
    }

    [Fact]
    public void FailedFamily_ForLongerThanMaxStale_LosesItsAddresses()
    {
        _options.MaxStale = TimeSpan.FromSeconds(100);
        CachedAnswer known = After(null, Found(30, "10.0.0.1", "fd00::1"));
        Answer.Found half = Found(30, "10.0.0.1") with { FailedFamily = AddressFamily.InterNetworkV6 };
        for (int second = 30; second <= 130; second += 10)
        {
            known = After(known, half, sentAt: second, now: second);
            Addresses(known).Should().Equal("10.0.0.1", "fd00::1");
        }

        known = After(known, half, sentAt: 131, now: 131);

        Addresses(known).Should().Equal("10.0.0.1");
    }

    [Fact]
    public void LateFamily_IsNoFailure_AndItsAddressesHold()
    {
        CachedAnswer known = After(null, Found(60, "10.0.0.1", "fd00::1"));
        Answer.Found part = Found(60, "10.0.0.2") with { FailedFamily = AddressFamily.InterNetworkV6, Rest = new TaskCompletionSource<Answer>().Task };

        known = After(known, part, sentAt: 60, now: 60);

        Addresses(known).Should().Equal("10.0.0.2", "fd00::1");
        (known.Failures, known.RefreshAt).Should().Be((0, At(120)));
    }

    [Fact]
    public void Provisional_IsAskedAgainSoon_AndEverySecondsWhileItLasts()
    {
        CachedAnswer? known = null;
        List<double> pauses = [];
        ScriptedRandom noSpread = new() { Fraction = 0.5 };
        for (int i = 0; i < 10; i++)
        {
            known = CachedAnswer.After(known, Found(300, "10.0.0.1") with { IsProvisional = true }, AddressFamily.Unspecified, Start, Start, _options, noSpread);
            pauses.Add((known.RefreshAt - Start).TotalSeconds);
        }

        pauses[0].Should().Be(1);
        pauses[^1].Should().Be(5);
        After(known, Found(300, "10.0.0.1")).RefreshAt.Should().Be(At(300));
    }

    [Fact]
    public void WasEverGood_IsTrueFromTheFirstAddressOn()
    {
        CachedAnswer known = After(null, new Answer.Failed("SERVFAIL"));
        known.WasEverGood.Should().BeFalse();
        known = After(known, Found(30, "10.0.0.1"));
        After(known, new Answer.Empty(EmptyReason.NxDomain, TimeSpan.Zero)).WasEverGood.Should().BeTrue();
    }

    [Fact]
    public void Version_EachQuestion_Rises()
    {
        CachedAnswer? known = null;
        Answer[] answers = [Found(1, "10.0.0.1"), new Answer.Failed("SERVFAIL"), new Answer.Empty(EmptyReason.NoData, TimeSpan.Zero), Found(1, "10.0.0.1")];
        for (int i = 0; i < answers.Length; i++)
        {
            known = After(known, answers[i]);
            known.Version.Should().Be(i + 1);
        }
    }

    private CachedAnswer After(CachedAnswer? before, Answer answer, double sentAt = 0, double now = 0) =>
        CachedAnswer.After(before, answer, AddressFamily.Unspecified, At(sentAt), At(now), _options, _noJitter);

    private static DateTimeOffset At(double seconds) => Start.AddSeconds(seconds);

    private static Answer.Found Found(int ttl, params string[] addresses) => new([.. addresses.Select(IPAddress.Parse)], TimeSpan.FromSeconds(ttl));

    private static IEnumerable<string> Addresses(CachedAnswer known) => known.LastGood!.Addresses.Select(address => address.ToString());
}
