using System.Net;
using System.Net.Sockets;
using DnsAwareHttp.Resolution;

namespace DnsAwareHttp.Tests.Resolution;

public sealed class InquiryTests
{
    private static readonly DateTimeOffset SentAt = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset RefreshAt = SentAt.AddSeconds(10);
    private static readonly DateTimeOffset ExpiresAt = SentAt.AddSeconds(30);
    private static readonly DateTimeOffset Early = RefreshAt.AddTicks(-1);
    private static readonly DateTimeOffset Now = SentAt.AddSeconds(12);
    private static readonly Question Both = Question.ForAddresses("svc", AddressFamily.Unspecified);

    private static readonly Answer.Found WithoutV6 =
        Found(30, "10.0.0.1", "10.0.0.2", "2001:db8::9") with { FailedFamily = AddressFamily.InterNetworkV6, Candidate = "svc.example.test" };

    [Theory]
    [InlineData(AddressFamily.InterNetworkV6, "Aaaa")]
    [InlineData(AddressFamily.InterNetwork, "A")]
    public void FailedFamily_IsAskedForAlone_UnderTheNameThatWasFound(AddressFamily failed, string kind)
    {
        Inquiry inquiry = About(WithoutV6 with { FailedFamily = failed });

        inquiry.Question.Should().Be(new Question("svc.example.test.", Enum.Parse<QuestionKind>(kind)));
        inquiry.SentAt.Should().Be(SentAt, "the TTL of the answered family counts from its question");
        inquiry.Begun.Should().NotBeNull();
    }

    [Fact]
    public void AllIsAskedFor_WhereThePartDoesNotHold()
    {
        IsWhole(About(null)).Should().BeTrue("nothing is known");
        IsWhole(About(WithoutV6 with { FailedFamily = AddressFamily.Unspecified })).Should().BeTrue("no family failed");
        IsWhole(About(WithoutV6 with { IsProvisional = true })).Should().BeTrue("an earlier name may exist by now");
        IsWhole(About(WithoutV6 with { Candidate = null })).Should().BeTrue("the name that was found is unknown");
        IsWhole(About(new Answer.Failed("test"))).Should().BeTrue("the latest question failed");
        IsWhole(About(WithoutV6, Early), Early).Should().BeTrue("the question is early: there is a hint");
        IsWhole(About(WithoutV6, ExpiresAt), ExpiresAt).Should().BeTrue("the TTL is over");
        IsWhole(About(WithoutV6, question: Question.ForAddresses("svc", AddressFamily.InterNetwork))).Should().BeTrue("one family is wanted");
        IsWhole(About(WithoutV6)).Should().BeFalse();
    }

    [Fact]
    public void Complete_JoinsThePartThatHoldsAndTheAnswer()
    {
        Answer.Found whole = (Answer.Found)About(WithoutV6).Complete(Found(20, "2001:db8::1"));

        whole.Should().Be(Found(20, "10.0.0.1", "10.0.0.2", "2001:db8::1"), "the old address of the failed family is not of this answer");
        (whole.Candidate, whole.IsProvisional).Should().Be(("svc.example.test", false));
    }

    [Fact]
    public void Complete_ThatFailsAgain_StillHasThePart() =>
        About(WithoutV6).Complete(new Answer.Failed("again"))
            .Should().Be(Found(30, "10.0.0.1", "10.0.0.2") with { FailedFamily = AddressFamily.InterNetworkV6 });

    [Fact]
    public void Complete_OfIPv4_PutsItFirst() =>
        About(WithoutV6 with { FailedFamily = AddressFamily.InterNetwork }).Complete(Found(20, "10.0.0.7"))
            .Should().Be(Found(20, "10.0.0.7", "2001:db8::9"));

    [Fact]
    public void Complete_OfAWholeQuestion_IsTheAnswer()
    {
        Answer answer = Found(20, "10.0.0.7");

        About(null).Complete(answer).Should().BeSameAs(answer);
    }

    private static bool IsWhole(Inquiry inquiry, DateTimeOffset? now = null) =>
        inquiry.Begun is null && inquiry.Question.Name == "svc" && inquiry.SentAt == (now ?? Now);

    private static Inquiry About(Answer? latest, DateTimeOffset? now = null, Question? question = null)
    {
        CacheEntry entry = new(question ?? Both);
        using (entry.Lock.Enter())
        {
            entry.Current = latest is null ? null
                : new CachedAnswer(1, latest, latest as Answer.Found, SentAt, ExpiresAt, RefreshAt, 0);
        }

        return Inquiry.About(entry, now ?? Now);
    }

    private static Answer.Found Found(int ttl, params string[] addresses) =>
        new([.. addresses.Select(IPAddress.Parse)], TimeSpan.FromSeconds(ttl));
}
