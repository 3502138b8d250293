using System.Net;
using System.Net.Sockets;
using DnsAwareHttp.Endpoints;
using DnsAwareHttp.Resolution;
using DnsAwareHttp.Sending;

namespace DnsAwareHttp.Tests.Sending;

public sealed class NoAddressTests
{
    private static readonly Origin Origin = new(false, "svc.test", 80, null, false);
    private static readonly Answer.Found Good = new([IPAddress.Loopback], TimeSpan.FromSeconds(30));

    [Theory]
    [InlineData("nxdomain", false, SocketError.HostNotFound, "the name does not exist (NXDOMAIN)")]
    [InlineData("nodata", false, SocketError.HostNotFound, "the name has no address record (NODATA)")]
    [InlineData("nodata", true, SocketError.HostNotFound, "the name has no SRV record (NODATA)")]
    [InlineData("failed", false, SocketError.TryAgain, "SERVFAIL")]
    public void Error_TellsTheReasonInTheFormOfTheRuntime(string latest, bool isService, SocketError code, string reason)
    {
        TimeSpan ttl = TimeSpan.FromSeconds(30);
        Answer answer = latest switch
        {
            "nxdomain" => new Answer.Empty(EmptyReason.NxDomain, ttl),
            "nodata" => new Answer.Empty(EmptyReason.NoData, ttl),
            _ => new Answer.Failed("SERVFAIL"),
        };

        HttpRequestException error = Error("svc.test", isService, answer, null);

        error.HttpRequestError.Should().Be(HttpRequestError.NameResolutionError);
        error.Message.Should().Contain(reason).And.EndWith("(svc.test:80)");
        error.InnerException.Should().BeOfType<SocketException>().Which.SocketErrorCode.Should().Be(code);
    }

    [Fact]
    public void Error_TheFilterRefusedAll_NamesThem()
    {
        HttpRequestException error = Error("svc.test", false, Good, Good);

        error.HttpRequestError.Should().Be(HttpRequestError.ConnectionError);
        error.Message.Should().Contain("AddressFilter refused all of 127.0.0.1");
        error.InnerException.Should().BeOfType<SocketException>().Which.SocketErrorCode.Should().Be(SocketError.AccessDenied);
    }

    [Fact]
    public void Error_TheFilterRefusedThousands_IsShort()
    {
        Answer.Found many = new([.. Enumerable.Range(0, 4_000).Select(index => new IPAddress([10, 0, (byte)(index / 250), (byte)(index % 250)]))], TimeSpan.Zero);

        string message = Error("svc.test", false, many, many).Message;

        message.Should().Contain("AddressFilter refused all of 10.0.0.0, 10.0.0.1, 10.0.0.2 and 3,997 more");
        message.Length.Should().BeLessThan(200);
    }

    [Fact]
    public void Error_TheResolverThrew_HasItsExceptionWithin()
    {
        NotSupportedException cause = new("no");

        Error("svc.test", false, new Answer.Failed("threw", cause), null).InnerException.Should().BeSameAs(cause);
    }

    [Fact]
    public void Error_AskedByAnotherName_NamesIt() =>
        Error("_http._tcp.svc.test.", true, new Answer.Failed("SERVFAIL"), null).Message.Should().Contain(" by _http._tcp.svc.test:");

    private static HttpRequestException Error(string name, bool isService, Answer latest, Answer.Found? lastGood) =>
        NoAddress.Error(Origin, new NameAnswer(name, isService, new CachedAnswer(1, latest, lastGood, null, default, default, 0)));
}
