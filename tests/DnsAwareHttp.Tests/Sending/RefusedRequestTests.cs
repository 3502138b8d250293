using DnsAwareHttp.Sending;

namespace DnsAwareHttp.Tests.Sending;

public sealed class RefusedRequestTests
{
    [Theory]
    [InlineData("1.0", HttpVersionPolicy.RequestVersionExact, false, false)]
    [InlineData("1.1", HttpVersionPolicy.RequestVersionOrLower, false, false)]
    [InlineData("1.1", HttpVersionPolicy.RequestVersionOrHigher, false, true)]
    [InlineData("2.0", HttpVersionPolicy.RequestVersionOrLower, false, true)]
    [InlineData("2.0", HttpVersionPolicy.RequestVersionExact, false, true)]
    [InlineData("3.0", HttpVersionPolicy.RequestVersionOrLower, false, true)]
    [InlineData("3.0", HttpVersionPolicy.RequestVersionExact, true, true)]
    [InlineData("0.9", HttpVersionPolicy.RequestVersionOrLower, true, true)]
    [InlineData("1.2", HttpVersionPolicy.RequestVersionExact, true, true)]
    [InlineData("4.0", HttpVersionPolicy.RequestVersionOrLower, true, true)]
    public void IsRefusedOutright_ByVersionAndPolicy(string version, HttpVersionPolicy policy, bool whenAsync, bool whenSync)
    {
        using HttpRequestMessage request = new() { Version = Version.Parse(version), VersionPolicy = policy };

        RefusedRequest.IsRefusedOutright(request, async: true, CancellationToken.None).Should().Be(whenAsync);
        RefusedRequest.IsRefusedOutright(request, async: false, CancellationToken.None).Should().Be(whenSync);
    }

    [Fact]
    public void IsRefusedOutright_ACancelledToken()
    {
        using HttpRequestMessage request = new();

        RefusedRequest.IsRefusedOutright(request, async: true, new CancellationToken(canceled: true)).Should().BeTrue();
    }

    [Theory]
    [InlineData("1.1", false, false, false, false)]
    [InlineData("1.1", true, false, false, true)]
    [InlineData("1.1", true, true, false, false)]
    [InlineData("1.1", false, true, false, false)]
    [InlineData("1.0", false, true, true, false)]
    [InlineData("1.0", false, true, false, true)]
    [InlineData("1.0", true, true, true, true)]
    public void IsMalformed_ByChunksContentAndLength(string version, bool isChunked, bool hasContent, bool hasLength, bool isMalformed)
    {
        using HttpRequestMessage request = new() { Version = Version.Parse(version) };
        request.Headers.TransferEncodingChunked = isChunked ? true : null;
        request.Content = !hasContent ? null : hasLength ? new StringContent("body") : new StreamContent(new Endless());

        RefusedRequest.IsMalformed(request).Should().Be(isMalformed);
    }

    private sealed class Endless : MemoryStream
    {
        public override bool CanSeek => false;
    }
}
