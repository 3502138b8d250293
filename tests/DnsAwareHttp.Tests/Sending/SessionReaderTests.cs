using System.Net;
using DnsAwareHttp.Sending;

namespace DnsAwareHttp.Tests.Sending;

public sealed class SessionReaderTests
{
    private static readonly SessionAffinityOptions All = new() { HeaderName = "X-Session", CookieName = "sid", QueryParameter = "id" };

    private readonly CookieContainer _cookies = new();

    [Theory]
    [InlineData("http://svc.test/?id=a", "a")]
    [InlineData("http://svc.test/?x=1&id=a%20b&id=c", "a b")]
    [InlineData("http://svc.test/?ID=a", null)]
    [InlineData("http://svc.test/?id=", null)]
    [InlineData("http://svc.test/?id", null)]
    [InlineData("http://svc.test/?", null)]
    [InlineData("http://svc.test/id=a", null)]
    public void Query_IsRead(string uri, string? session) => KeyOf(All, new HttpRequestMessage(HttpMethod.Get, uri)).Should().Be(session);

    [Theory]
    [InlineData("sid=a", "a")]
    [InlineData("x=1; sid=a==; y=2", "a==")]
    [InlineData("SID=a", null)]
    [InlineData("sid=", null)]
    [InlineData("sid", null)]
    public void CookieHeader_IsRead(string header, string? session)
    {
        HttpRequestMessage request = new(HttpMethod.Get, "http://svc.test/");
        request.Headers.TryAddWithoutValidation("Cookie", header);

        KeyOf(All, request).Should().Be(session);
    }

    [Fact]
    public void CookieContainer_IsRead()
    {
        _cookies.Add(new Cookie("sid", "jar", "/", "svc.test"));

        KeyOf(All, new HttpRequestMessage(HttpMethod.Get, "http://svc.test/")).Should().Be("jar");
        KeyOf(All, new HttpRequestMessage(HttpMethod.Get, "http://other.test/")).Should().BeNull();
        new SessionReader(All, null).KeyOf(new HttpRequestMessage(HttpMethod.Get, "http://svc.test/")).Should().BeNull();
    }

    [Fact]
    public void Order_IsOptionSelectorHeaderCookieQuery()
    {
        HttpRequestMessage request = new(HttpMethod.Get, "http://svc.test/?id=query");
        SessionAffinityOptions options = new() { HeaderName = "X-Session", CookieName = "sid", QueryParameter = "id" };
        KeyOf(options, request).Should().Be("query");
        request.Headers.TryAddWithoutValidation("Cookie", "sid=cookie");
        KeyOf(options, request).Should().Be("cookie");
        request.Headers.TryAddWithoutValidation("x-session", "header");
        KeyOf(options, request).Should().Be("header");
        options.KeySelector = static _ => "selector";
        KeyOf(options, request).Should().Be("selector");
        request.Options.Set(DnsAwareHandler.SessionKey, "option");
        KeyOf(options, request).Should().Be("option");
        request.Options.Set(DnsAwareHandler.SessionKey, "");
        KeyOf(options, request).Should().Be("selector");
    }

    [Fact]
    public void SelectorWithoutAnswer_LeavesTheOthers()
    {
        SessionAffinityOptions options = new() { KeySelector = static _ => "", QueryParameter = "id" };

        KeyOf(options, new HttpRequestMessage(HttpMethod.Get, "http://svc.test/?id=query")).Should().Be("query");
    }

    [Fact]
    public void NothingSet_IsNoSession() => KeyOf(new(), new HttpRequestMessage(HttpMethod.Get, "http://svc.test/?id=a")).Should().BeNull();

    [Fact]
    public void LongKeys_AreBounded()
    {
        string key = KeyOf(All, new HttpRequestMessage(HttpMethod.Get, $"http://svc.test/?id={new string('a', 5_000)}"))!;

        key.Length.Should().BeLessThanOrEqualTo(128);
        key.Should().NotBe(KeyOf(All, new HttpRequestMessage(HttpMethod.Get, $"http://svc.test/?id={new string('a', 5_001)}")));
    }

    [Theory]
    [InlineData("Set-Cookie", "sid=a; Path=/; HttpOnly", "a")]
    [InlineData("Set-Cookie", "other=a", null)]
    [InlineData("Set-Cookie", "sid=; Max-Age=0", null)]
    [InlineData("X-Session", "b", "b")]
    [InlineData("X-Other", "b", null)]
    public void Response_BeginsASession(string header, string value, string? session)
    {
        using HttpResponseMessage response = new();
        response.Headers.TryAddWithoutValidation(header, value);

        new SessionReader(All, null).KeyOf(response).Should().Be(session);
        new SessionReader(new(), null).KeyOf(response).Should().BeNull();
    }

    private string? KeyOf(SessionAffinityOptions options, HttpRequestMessage request) => new SessionReader(options, _cookies).KeyOf(request);
}
