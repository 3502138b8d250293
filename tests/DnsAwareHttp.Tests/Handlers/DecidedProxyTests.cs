using System.Net;
using DnsAwareHttp.Handlers;

namespace DnsAwareHttp.Tests.Handlers;

public sealed class DecidedProxyTests
{
    private static readonly Uri Request = new("http://svc.test/");
    private static readonly Uri First = new("http://first.test:3128");

    private readonly AskedProxy _application = new();
    private readonly DecidedProxy _proxy;

    public DecidedProxyTests() => _proxy = new DecidedProxy(_application);

    [Fact]
    public async Task Choice_IsTakenAndTheApplicationIsNotAsked()
    {
        await DecidedProxy.Follow(new ProxyChoice(Request, First), () =>
        {
            _proxy.IsBypassed(Request).Should().BeFalse();
            _proxy.GetProxy(Request).Should().BeSameAs(First);
            return Task.FromResult(new HttpResponseMessage());
        });
        await DecidedProxy.Follow(new ProxyChoice(Request, null), () =>
        {
            _proxy.IsBypassed(Request).Should().BeTrue();
            return Task.FromResult(new HttpResponseMessage());
        });

        _application.Asked.Should().Be(0);
    }

    [Fact]
    public async Task NextHop_AsksTheApplication()
    {
        await DecidedProxy.Follow(new ProxyChoice(Request, null), () =>
        {
            _proxy.GetProxy(new Uri("http://svc.test/")).Should().Be(_application.Proxy);
            return Task.FromResult(new HttpResponseMessage());
        });

        _application.Asked.Should().Be(1);
    }

    [Fact]
    public void AfterTheSend_TheChoiceIsForgotten()
    {
        Action sending = static () => _ = DecidedProxy.Follow(new ProxyChoice(Request, null), static () => throw new NotSupportedException());
        sending.Should().Throw<NotSupportedException>();

        _proxy.IsBypassed(Request).Should().BeFalse();
        _proxy.GetProxy(Request).Should().Be(_application.Proxy);
    }

    [Fact]
    public void Credentials_AreTheApplications()
    {
        _application.Credentials = new NetworkCredential("user", "word");

        _proxy.Credentials.Should().BeSameAs(_application.Credentials);
        _proxy.Invoking(static proxy => proxy.Credentials = null).Should().Throw<NotSupportedException>();
    }

    private sealed class AskedProxy : IWebProxy
    {
        public Uri Proxy { get; } = new("http://second.test:3128");

        public int Asked { get; private set; }

        public ICredentials? Credentials { get; set; }

        public Uri? GetProxy(Uri destination)
        {
            Asked++;
            return Proxy;
        }

        public bool IsBypassed(Uri host) => false;
    }
}
