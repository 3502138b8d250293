using System.Net;
using System.Net.Sockets;

namespace DnsAwareHttp.Tests.Resolution;

public sealed class AnswerTests
{
    [Fact]
    public async Task WholeAsync_FollowsEachRest()
    {
        Answer.Found last = Found(10, "10.0.0.3");
        Answer.Found middle = Found(20, "10.0.0.2") with { Rest = Task.FromResult<Answer>(last) };
        Answer.Found first = Found(30, "10.0.0.1") with { Rest = Task.FromResult<Answer>(middle) };

        (await first.WholeAsync()).Should().BeSameAs(last);
        (await last.WholeAsync()).Should().BeSameAs(last);
    }

    [Fact]
    public async Task WholeAsync_TheRestMayBeAFailure()
    {
        Answer failed = new Answer.Failed("test");

        (await (Found(30, "10.0.0.1") with { Rest = Task.FromResult(failed) }).WholeAsync()).Should().BeSameAs(failed);
    }

    [Fact]
    public void FoundAnswers_AreEqualByWhatTheySay()
    {
        Answer.Found one = Found(30, "10.0.0.1", "10.0.0.2");

        one.Should().Be(Found(30, "10.0.0.1", "10.0.0.2"));
        one.GetHashCode().Should().Be(Found(30, "10.0.0.1", "10.0.0.2").GetHashCode());
        one.Should().Be(one with { Candidate = "a.test", IsProvisional = true, Rest = Task.FromResult<Answer>(one) }, "that is how it was found");
        one.Should().NotBe(Found(31, "10.0.0.1", "10.0.0.2"));
        one.Should().NotBe(Found(30, "10.0.0.2", "10.0.0.1"), "the order is said too");
        one.Should().NotBe(one with { IsComplete = true });
        one.Should().NotBe(one with { FailedFamily = AddressFamily.InterNetworkV6 });
        new Answer.Found(default, TimeSpan.Zero).Should().Be(new Answer.Found([], TimeSpan.Zero));
    }

    [Fact]
    public void FoundTargets_AreCompared_AndNoTargetsAreNotNoService()
    {
        Answer.Found service = Found(30) with { Targets = [new ServiceTarget("a.test", 80, 0, 1)] };

        service.Should().Be(Found(30) with { Targets = [new ServiceTarget("a.test", 80, 0, 1)] });
        service.Should().NotBe(Found(30) with { Targets = [new ServiceTarget("a.test", 81, 0, 1)] });
        (Found(30) with { Targets = [] }).Should().NotBe(Found(30));
        (Found(30) with { Targets = [] }).IsService.Should().BeTrue();
        Found(30).IsService.Should().BeFalse();
    }

    [Fact]
    public async Task Under_NamesTheCandidateOfTheAnswerAndOfItsRest()
    {
        Answer.Found found = Found(30, "10.0.0.1") with { Rest = Task.FromResult<Answer>(Found(20, "10.0.0.2")) };

        Answer.Found under = found.Under("a.test", isProvisional: true);

        (under.Candidate, under.IsProvisional).Should().Be(("a.test", true));
        Answer.Found whole = (Answer.Found)await under.WholeAsync();
        (whole.Candidate, whole.IsProvisional).Should().Be(("a.test", true));
        Found(30, "10.0.0.1").Under("a.test", isProvisional: false).Rest.Should().BeNull();
    }

    public static TheoryData<Answer, string> Texts() => new()
    {
        { Found(30, "10.0.0.1", "10.0.0.2"), "10.0.0.1, 10.0.0.2 (TTL 30 s)" },
        { new Answer.Found([IPAddress.Loopback], TimeSpan.MaxValue), "127.0.0.1 (no TTL)" },
        { new Answer.Found([IPAddress.Loopback], TimeSpan.FromMilliseconds(1500)), "127.0.0.1 (TTL 1.5 s)" },
        { Found(30, [.. Enumerable.Range(1, 10).Select(number => $"10.0.0.{number}")]),
            "10.0.0.1, 10.0.0.2, 10.0.0.3, 10.0.0.4, 10.0.0.5, 10.0.0.6, 10.0.0.7, 10.0.0.8 and 2 more (TTL 30 s)" },
        { Found(30) with { Targets = [] }, "the service is decidedly not available (TTL 30 s)" },
        { Found(30) with { Targets = [new ServiceTarget("a.test", 80, 1, 2)] }, "a.test:80 (priority 1, weight 2) (TTL 30 s)" },
        { new Answer.Empty(EmptyReason.NxDomain, TimeSpan.FromSeconds(5)), "the name does not exist (NXDOMAIN) (TTL 5 s)" },
        { new Answer.Failed("timeout"), "no answer (timeout)" },
    };

    [Theory]
    [MemberData(nameof(Texts))]
    public void Text_TellsWhatWasAnswered(Answer answer, string expected) => answer.ToString().Should().Be(expected);

    [Fact]
    public void Merge_UnitesTheFamilies_AndWantsBoth()
    {
        Answer.Merge(Found(30, "10.0.0.1"), Found(20, "2001:db8::1")).Should().Be(Found(20, "10.0.0.1", "2001:db8::1"));
        FluentActions.Invoking(() => Answer.Merge(null!, Found(30))).Should().Throw<ArgumentNullException>().WithParameterName("ipv4");
        FluentActions.Invoking(() => Answer.Merge(Found(30), null!)).Should().Throw<ArgumentNullException>().WithParameterName("ipv6");
    }

    private static Answer.Found Found(int ttl, params string[] addresses) =>
        new([.. addresses.Select(IPAddress.Parse)], TimeSpan.FromSeconds(ttl));
}
