using System.Net.Sockets;
using DnsAwareHttp.Resolution;

namespace DnsAwareHttp.Tests.Resolution;

public sealed class QuestionTests
{
    [Theory]
    [InlineData(AddressFamily.Unspecified)]
    [InlineData(AddressFamily.InterNetwork)]
    [InlineData(AddressFamily.InterNetworkV6)]
    public void ForAddresses_KeepsTheFamily(AddressFamily family)
    {
        Question question = Question.ForAddresses("svc.test", family);

        (question.Name, question.Family).Should().Be(("svc.test", family));
        question.Kind.Should().NotBe(QuestionKind.Service);
    }

    [Fact]
    public void ForService_IsOfNoFamilyAndOfAnyCase()
    {
        Question.ForService("_HTTP._tcp.svc.test").Should().Be(Question.ForService("_http._tcp.svc.test"));
        Question.ForService("svc.test").Family.Should().Be(AddressFamily.Unspecified);
        Question.ForService("svc.test").Should().NotBe(Question.ForAddresses("svc.test", AddressFamily.Unspecified));
    }
}
