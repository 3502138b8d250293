using DnsAwareHttp.Sending;

namespace DnsAwareHttp.Tests.Sending;

public sealed class CannotBeFilteredTests
{
    private static readonly Uri Request = new("http://svc.test:81/secret?path");

    [Theory]
    [InlineData("ftp://proxy.test/", "'ftp://proxy.test:21'")]
    [InlineData("ftp://user:word@proxy.test:99/path", "'ftp://proxy.test:99'")]
    [InlineData("unknown://proxy.test", "'unknown://proxy.test'")]
    [InlineData("user:word@proxy.test", "of the scheme 'user'")]
    [InlineData("/proxy", "'/proxy'")]
    public void Through_NamesTheProxyAndTheRemedyAndNoSecret(string proxy, string described)
    {
        HttpRequestException error = CannotBeFiltered.Through(new Uri(proxy, UriKind.RelativeOrAbsolute), Request);

        error.HttpRequestError.Should().Be(HttpRequestError.ConnectionError);
        error.Message.Should().StartWith("AddressFilter is set").And.Contain(described).And.Contain("socks5").And.EndWith("(svc.test:81)").And.NotContain("word");
    }

    [Fact]
    public void OverHttp3_NamesTheHostAndTheRemedy() =>
        CannotBeFiltered.OverHttp3(Request).Message.Should().Contain("a request to svc.test may use HTTP/3").And.Contain("RequestVersionOrLower");
}
