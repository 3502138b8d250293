using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using DnsAwareHttp.Resolution;
using DnsAwareHttp.Resolution.Sources;
using DnsAwareHttp.Resolution.Wire;
using DnsAwareHttp.Tests.Fakes;
using Microsoft.Extensions.Logging.Abstractions;

namespace DnsAwareHttp.Tests.Resolution.Sources;

public sealed class ResolverChainTests : IDisposable
{
    private static readonly DnsReply NoSocket = new DnsReply.NoSocket(new SocketException((int)SocketError.AccessDenied));

    private readonly ManualTimeProvider _clock = new();
    private readonly TemporaryFile _hosts = new();
    private readonly TemporaryFile _conf = new();
    private readonly TemporaryFile _switch = new();
    private readonly FakeSystem _system = new();
    private readonly DnsCacheOptions _options;
    private DnsReply _reply = new DnsReply.Records([IPAddress.Parse("10.9.0.1")], TimeSpan.FromSeconds(60));
    private FakeExchange? _exchange;

    public ResolverChainTests() =>
        _options = new DnsCacheOptions { ResolvConfPath = _conf.Path, HostsFilePath = _hosts.Path, NsswitchPath = _switch.Path, NameServers = ["10.0.0.1"] };

    public void Dispose()
    {
        _hosts.Dispose();
        _conf.Dispose();
        _switch.Dispose();
    }

    [Theory]
    [InlineData("10.0.0.5", "10.0.0.5")]
    [InlineData("::1", "::1")]
    [InlineData("fe80::1%7", "fe80::1%7")]
    public async Task Literals_AreTheirOwnAnswer(string host, string expected)
    {
        Answer.Found found = (Answer.Found)await Ask(host);
        (string.Join(',', found.Addresses), found.Ttl, found.IsComplete).Should().Be((expected, TimeSpan.MaxValue, true));
        (await Ask("10.0.0.5", AddressFamily.InterNetworkV6)).Should().BeOfType<Answer.Empty>();
        _exchange!.Servers.Should().BeEmpty();
    }

    [Theory]
    [InlineData("localhost")]
    [InlineData("LOCALHOST.")]
    [InlineData("svc.localhost")]
    public async Task Localhost_IsTheLoopback_AndNeverAskedOfDns(string host)
    {
        Answer.Found found = (Answer.Found)await Ask(host);
        found.Addresses.Should().Equal(Socket.OSSupportsIPv6 ? [IPAddress.Loopback, IPAddress.IPv6Loopback] : [IPAddress.Loopback]);
        found.IsComplete.Should().BeTrue();
        (await Ask(host, AddressFamily.InterNetwork)).Should().BeOfType<Answer.Found>().Which.Addresses.Should().Equal(IPAddress.Loopback);
        _exchange!.Servers.Should().BeEmpty();
    }

    [Fact]
    public async Task HostsFile_GoesBeforeLocalhostAndDns()
    {
        _hosts.Write("127.0.0.9 localhost\n10.0.0.8 svc.test\n");
        (await Ask("localhost")).Should().BeOfType<Answer.Found>().Which.Addresses.Should().Equal(IPAddress.Parse("127.0.0.9"));
        (await Ask("svc.test")).Should().BeOfType<Answer.Found>().Which.Addresses.Should().Equal(IPAddress.Parse("10.0.0.8"));
        _exchange!.Servers.Should().BeEmpty();
    }

    [Fact]
    public async Task FamilyThatTheHostsFileDoesNotList_IsAskedOfDns()
    {
        _hosts.Write("10.0.0.8 svc.test\n");
        _reply = new DnsReply.Records([IPAddress.Parse("2001:db8::1")], TimeSpan.FromSeconds(60));
        (await Ask("svc.test", AddressFamily.InterNetworkV6)).Should().BeOfType<Answer.Found>().Which.Addresses.Should().Equal(IPAddress.Parse("2001:db8::1"));
    }

    [Fact]
    public async Task NameThatTheHostsFileDoesNotList_IsAskedOfDns()
    {
        (await Ask("svc.test")).Should().BeOfType<Answer.Found>().Which.Addresses.Should().Equal(IPAddress.Parse("10.9.0.1"));
        _system.Asked.Should().Be(0);
    }

    [Fact]
    public async Task FailureOfDns_DoesNotGoToTheSystem()
    {
        foreach (DnsReply reply in (DnsReply[])[new DnsReply.Silence("no answer"), new DnsReply.Refusal(DnsResponseCode.ServFail), new DnsReply.Malformed("test")])
        {
            _reply = reply;
            (await Ask("svc.test")).Should().BeOfType<Answer.Failed>();
        }

        _reply = new DnsReply.None(EmptyReason.NxDomain, TimeSpan.FromSeconds(5));
        (await Ask("svc.test")).Should().BeOfType<Answer.Empty>();
        _system.Asked.Should().Be(0);
    }

    [Fact]
    public async Task WhereDnsCannotBeAsked_TheSystemIs()
    {
        _reply = NoSocket;
        (await Ask("svc.test")).Should().Be(FakeSystem.Answer);
        _system.Asked.Should().Be(1);
    }

    [Fact]
    public async Task WhereDnsCannotBeAsked_TheSystemMayConfirmANameAndNotDenyIt()
    {
        _reply = NoSocket;
        _system.Says = new Answer.Empty(EmptyReason.NxDomain, TimeSpan.FromSeconds(30));

        (await Ask("svc.test")).Should().BeOfType<Answer.Failed>("it could not open a socket either");
    }

    [Fact]
    public async Task UseHostsFileOff_ItIsNotRead()
    {
        _hosts.Write("10.0.0.8 svc.test\n");
        _options.UseHostsFile = false;
        ResolverChain chain = new(_options, _clock, NullLogger.Instance);
        (await chain.ResolveAsync("localhost", default)).Should().BeOfType<Answer.Found>();
        using IDisposable watch = chain.Watch(_ => { });
        _clock.ActiveTimers.Should().Be(2, "resolv.conf and nsswitch.conf alone are watched");
    }

    [Fact]
    public void Watch_ReportsBothFiles_AndDisposeEndsIt()
    {
        _hosts.Write("10.0.0.8 svc.test\n");
        _conf.Write("nameserver 10.0.0.1\n");
        List<string> changes = [];
        ResolverChain chain = new(_options, _clock, NullLogger.Instance);
        IDisposable watch = chain.Watch(names => changes.Add(names is null ? "any" : string.Join(',', names)));
        _clock.Advance(TimeSpan.Zero);
        _hosts.Write("10.0.0.9 svc.test\n");
        _clock.Advance(TimeSpan.FromSeconds(1));
        _conf.Write("nameserver 10.0.0.2\n");
        _clock.Advance(TimeSpan.FromSeconds(3));
        changes.Should().Equal("svc.test", "any");
        watch.Dispose();
        _clock.ActiveTimers.Should().Be(0);
    }

    [Fact]
    public async Task SystemAlone_IsAskedForEverythingButLiteralsAndLocalhost()
    {
        _hosts.Write("10.0.0.8 svc.test\n");
        _options.NameSources = [NameSource.System];
        (await Ask("svc.test")).Should().Be(FakeSystem.Answer);
        (await Ask("localhost")).Should().NotBe(FakeSystem.Answer);
        _system.Asked.Should().Be(1);
        _exchange!.Servers.Should().BeEmpty();
    }

    [Fact]
    public async Task SystemBeforeDns_DnsIsAskedForWhatTheSystemDoesNotKnow()
    {
        _options.NameSources = [NameSource.System, NameSource.Dns];
        (await Ask("svc.test")).Should().Be(FakeSystem.Answer);
        _exchange!.Servers.Should().BeEmpty();

        _system.Says = new Answer.Empty(EmptyReason.NxDomain, TimeSpan.FromSeconds(30));
        (await Ask("svc.test")).Should().BeOfType<Answer.Found>().Which.Addresses.Should().Equal(IPAddress.Parse("10.9.0.1"));
    }

    [Fact]
    public async Task DnsAlone_FailsWhereItCannotBeAsked()
    {
        _options.NameSources = [NameSource.Dns];
        _reply = NoSocket;
        (await Ask("svc.test")).Should().BeOfType<Answer.Failed>();
        _system.Asked.Should().Be(0);
    }

    [Fact]
    public async Task HostsFileAlone_KnowsNoOther()
    {
        _options.NameSources = [NameSource.HostsFile];
        _hosts.Write("10.0.0.8 svc.test\n");
        (await Ask("svc.test")).Should().BeOfType<Answer.Found>();
        (await Ask("other.test")).Should().Be(new Answer.Empty(EmptyReason.NxDomain, TimeSpan.FromSeconds(1)));
    }

    [Theory]
    [InlineData("hosts: files mdns4_minimal [NOTFOUND=return] dns", "printer.local", true)]
    [InlineData("hosts: files mdns4_minimal [NOTFOUND=return] dns", "svc.test", false)]
    [InlineData("hosts: files mymachines dns", "box", true)]
    [InlineData("hosts: files myhostname dns", "me", true)]
    [InlineData("hosts: files dns", "printer.local", false)]
    [InlineData("hosts: files resolve", "svc.test", true)]
    [InlineData("", "svc.test", false)]
    public async Task NameOfAModuleBeforeDns_GoesToTheSystem(string nsswitch, string host, bool expected)
    {
        _switch.Write(nsswitch + "\n");
        (await Ask(host)).Equals(FakeSystem.Answer).Should().Be(expected);
        _exchange!.Servers.Should().HaveCount(expected ? 0 : 2);
    }

    [Theory]
    [InlineData("hosts: files dns myhostname", true)]
    [InlineData("hosts: files dns", false)]
    public async Task NameOfAModuleBehindDns_GoesToTheSystemWhenDnsDoesNotKnowIt(string nsswitch, bool expected)
    {
        _switch.Write(nsswitch + "\n");
        (await Ask("me")).Should().NotBe(FakeSystem.Answer, "DNS knows it");
        _reply = new DnsReply.None(EmptyReason.NxDomain, TimeSpan.FromSeconds(5));
        (await Ask("me")).Equals(FakeSystem.Answer).Should().Be(expected);
    }

    [Fact]
    public async Task WhereVpnsAddNameServers_ANameDoesNotExistOnlyOnceTheSystemSaysSoToo()
    {
        _reply = new DnsReply.None(EmptyReason.NxDomain, TimeSpan.FromSeconds(5));
        (await Ask("svc.test", confirms: true)).Should().Be(FakeSystem.Answer);

        _system.Says = new Answer.Empty(EmptyReason.NxDomain, TimeSpan.FromSeconds(30));
        (await Ask("svc.test", confirms: true)).Should().Be(new Answer.Empty(EmptyReason.NxDomain, TimeSpan.FromSeconds(5)), "DNS tells the TTL");

        _system.Says = new Answer.Failed("test");
        (await Ask("svc.test", confirms: true)).Should().BeOfType<Answer.Failed>("nobody knows");
    }

    private async Task<Answer> Ask(string host, AddressFamily family = AddressFamily.Unspecified, bool confirms = false)
    {
        _exchange ??= new FakeExchange((_, _) => _reply);
        ImmutableArray<NameSource> order = ResolverChain.OrderOf(_options);
        ResolverChain chain = new(
            order,
            order.Contains(NameSource.HostsFile) ? new HostsFileResolver(_hosts.Path, _clock, NullLogger.Instance) : null,
            new DnsResolver(new DnsSettingsFile(_options, _clock, NullLogger.Instance), _exchange, _exchange, _clock),
            _system,
            new NameSwitchFile(_switch.Path, _clock, NullLogger.Instance, () => "me.example"),
            confirms);
        return await chain.ResolveAsync(host, family, default);
    }

    private sealed class FakeSystem : IFamilyResolver
    {
        public static readonly Answer Answer = new Answer.Found([IPAddress.Parse("10.7.0.1")], TimeSpan.FromSeconds(30));

        public int Asked { get; private set; }

        public Answer Says { get; set; } = Answer;

        public ValueTask<Answer> ResolveAsync(string host, CancellationToken cancellationToken) => ResolveAsync(host, AddressFamily.Unspecified, cancellationToken);

        public ValueTask<Answer> ResolveAsync(string host, AddressFamily family, CancellationToken cancellationToken)
        {
            Asked++;
            return ValueTask.FromResult(Says);
        }
    }
}
