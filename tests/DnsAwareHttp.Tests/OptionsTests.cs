using System.Net.Sockets;
using Microsoft.Extensions.Options;

namespace DnsAwareHttp.Tests;

public sealed class OptionsTests
{
    public static TheoryData<Action<DnsAwareOptions>, string> WrongHandlerOptions() => new()
    {
        { o => o.Membership = (MembershipMode)9, "Membership is 9; give one of Adaptive, Strict, Logical." },
        { o => o.MembershipByHost["svc.test"] = (MembershipMode)9, "MembershipByHost[\"svc.test\"] is 9;" },
        { o => o.MembershipByHost[" "] = MembershipMode.Strict, "MembershipByHost has an empty key;" },
        { o => o.ServiceRecords[""] = "_http._tcp.svc.test", "ServiceRecords has an empty key;" },
        { o => o.ServiceRecords["svc.test"] = null!,
            "ServiceRecords[\"svc.test\"] is \"\", which names nothing; give the name of a service, such as _http._tcp.orders" },
        { o => o.ServiceRecords["svc.test"] = "_http._tcp..svc.test",
            "ServiceRecords[\"svc.test\"] is \"_http._tcp..svc.test\", which has an empty label;" },
        { o => o.ServiceRecords["svc.test"] = "_http._tcp.bücher.test",
            "ServiceRecords[\"svc.test\"] is \"_http._tcp.bücher.test\", which has a character that is not printable ASCII" },
        { o => o.ServiceRecords["svc.test"] = new string('x', 64) + ".test",
            "ServiceRecords[\"svc.test\"] is \"" + new string('x', 64) + ".test\", which has a label of more than 63 characters;" },
        { o => o.ServiceRecords["svc.test"] = "10.0.0.1", "ServiceRecords[\"svc.test\"] is \"10.0.0.1\", which is an address;" },
        { o => o.LoadBalancing = (LoadBalancingPolicy)9, "LoadBalancing is 9;" },
        { o => o.AddressFamily = AddressFamily.Unix, "AddressFamily is Unix;" },
        { o => o.MaxEndpointsPerOrigin = 0, "MaxEndpointsPerOrigin is 0; give a number from 1 to 10000." },
        { o => o.MaxEndpointsPerOrigin = 10_001, "MaxEndpointsPerOrigin is 10001;" },
        { o => o.ConnectAttemptDelay = TimeSpan.FromMilliseconds(9), "ConnectAttemptDelay is 00:00:00.0090000;" },
        { o => o.ConnectTimeout = TimeSpan.FromSeconds(-1), "ConnectTimeout is -00:00:01; give a time above 0, up to 00:05:00." },
        { o => o.ConnectTimeout = Timeout.InfiniteTimeSpan, "ConnectTimeout is" },
        { o => o.DrainTimeout = TimeSpan.Zero, "DrainTimeout is 00:00:00;" },
        { o => o.EmptyAnswerGrace = TimeSpan.FromSeconds(-1), "EmptyAnswerGrace is -00:00:01;" },
        { o => o.OriginIdleTimeout = TimeSpan.FromMilliseconds(999), "OriginIdleTimeout is" },
        { o => o.MaxRequestsPerConnection = 0, "MaxRequestsPerConnection is 0;" },
        { o => o.MaxPendingRequestsPerEndpoint = -1, "MaxPendingRequestsPerEndpoint is -1;" },
    };

    public static TheoryData<Action<DnsCacheOptions>, string> WrongCacheOptions() => new()
    {
        { o => o.MinTtl = TimeSpan.Zero, "MinTtl is 00:00:00;" },
        { o => o.MaxTtl = TimeSpan.FromMilliseconds(500), "MinTtl is 00:00:01, above MaxTtl, which is 00:00:00.5000000;" },
        { o => o.MaxNegativeTtl = TimeSpan.FromMilliseconds(500), "MinTtl is 00:00:01, above MaxNegativeTtl" },
        { o => o.MaxStale = TimeSpan.FromDays(8), "MaxStale is 8.00:00:00;" },
        { o => o.StaleAnswerTimeout = TimeSpan.FromSeconds(-1), "StaleAnswerTimeout is -00:00:01;" },
        { o => o.NameServers = ["10.0.0.1", "dns.example.com", "10.0.0.2:99999"],
            "NameServers[1] is \"dns.example.com\"; give an address" },
        { o => o.NameServers = ["10.0.0.1", "dns.example.com", "10.0.0.2:99999"], "NameServers[2] is \"10.0.0.2:99999\";" },
        { o => o.NameServers = null!, "NameServers is null;" },
        { o => o.NameServers = ["tls://dns.quad9.net"], "NameServers[0] is \"tls://dns.quad9.net\"; give an address" },
        { o => o.NameServers = ["tls://9.9.9.9#dns.quad9.net", "10.0.0.1"],
            "NameServers has both tls://9.9.9.9:853#dns.quad9.net and 10.0.0.1:53;" },
        { o => o.QueryTimeout = TimeSpan.Zero, "QueryTimeout is 00:00:00;" },
        { o => o.Attempts = 11, "Attempts is 11; give a number from 1 to 10." },
        { o => o.SystemResolverTtl = TimeSpan.Zero, "SystemResolverTtl is 00:00:00;" },
        { o => o.MaxEntries = 0, "MaxEntries is 0;" },
        { o => o.HostsFilePath = " ", "HostsFilePath is blank;" },
    };

    [Theory]
    [MemberData(nameof(WrongHandlerOptions))]
    public void WrongHandlerOption_IsRefusedWithTheValueFoundAndTheRemedy(Action<DnsAwareOptions> mistake, string message)
    {
        DnsAwareOptions options = new();
        mistake(options);

        Action make = () => new DnsAwareHandler(new SocketsHttpHandler(), options).Dispose();

        make.Should().Throw<OptionsValidationException>().Which.Failures.Should()
            .Contain(failure => failure.StartsWith($"DnsAwareOptions.{message}"));
    }

    [Theory]
    [MemberData(nameof(WrongCacheOptions))]
    public void WrongCacheOption_IsRefusedWithTheValueFoundAndTheRemedy(Action<DnsCacheOptions> mistake, string message)
    {
        DnsCacheOptions options = new();
        mistake(options);

        Action make = () => new DnsCache(options).Dispose();

        make.Should().Throw<OptionsValidationException>().Which.Failures.Should()
            .Contain(failure => failure.StartsWith($"DnsCacheOptions.{message}"));
    }

    [Fact]
    public void MembershipByHost_HostAndPortGoBeforeHostBeforeAll()
    {
        DnsAwareOptions options = new() { Membership = MembershipMode.Strict };
        options.MembershipByHost["svc.test"] = MembershipMode.Logical;
        options.MembershipByHost["svc.test:8080"] = MembershipMode.Adaptive;
        DnsAwareOptions copy = options.Snapshot();
        options.MembershipByHost.Clear();

        copy.MembershipOf("SVC.test", 8080).Should().Be(MembershipMode.Adaptive);
        copy.MembershipOf("svc.test", 443).Should().Be(MembershipMode.Logical);
        copy.MembershipOf("other.test", 443).Should().Be(MembershipMode.Strict);
    }

    [Fact]
    public void ServiceRecords_HostAndPortGoBeforeHostBeforeTheSelector()
    {
        DnsAwareOptions options = new() { ServiceRecordSelector = ServiceOf };
        options.ServiceRecords["svc.test"] = "_http._tcp.svc.test";
        options.ServiceRecords["svc.test:8080"] = "_admin._tcp.svc.test";
        DnsAwareOptions copy = options.Snapshot();
        options.ServiceRecords.Clear();

        copy.ServiceOf("SVC.test", 8080).Should().Be("_admin._tcp.svc.test");
        copy.ServiceOf("svc.test", 443).Should().Be("_http._tcp.svc.test");
        copy.ServiceOf("found.test", 443).Should().Be("_found._tcp.test");
        copy.ServiceOf("found.test", 80).Should().BeNull();
    }

    private static string? ServiceOf(string host, int port) => host == "found.test" && port == 443 ? "_found._tcp.test" : null;

    [Fact]
    public void AllMistakes_AreReportedTogether()
    {
        DnsCacheOptions options = new() { MinTtl = TimeSpan.FromMinutes(10), Attempts = 0, MaxEntries = -1, NameServers = ["x", "y"] };

        Action make = () => new DnsCache(options).Dispose();

        make.Should().Throw<OptionsValidationException>().Which.Failures.Should().HaveCount(6);
    }

    [Fact]
    public void Defaults_AreThoseOfTheTable()
    {
        new DnsAwareOptions().Should().BeEquivalentTo(new
        {
            Membership = MembershipMode.Adaptive,
            LoadBalancing = LoadBalancingPolicy.LeastRequests,
            AddressFamily = AddressFamily.Unspecified,
            AddressFilter = (object?)null,
            MaxEndpointsPerOrigin = 64,
            ConnectAttemptDelay = TimeSpan.FromMilliseconds(250),
            ConnectTimeout = TimeSpan.FromSeconds(5),
            DrainTimeout = Timeout.InfiniteTimeSpan,
            EmptyAnswerGrace = TimeSpan.FromSeconds(30),
            OriginIdleTimeout = TimeSpan.FromMinutes(5),
            MaxRequestsPerConnection = (int?)null,
            MaxPendingRequestsPerEndpoint = (int?)null,
            RetryMisdirectedRequests = true,
            AvoidTriedEndpoints = true,
            ConfigureSocket = (object?)null,
            ServiceRecords = new Dictionary<string, string>(),
            ServiceRecordSelector = (object?)null,
        });
        new DnsCacheOptions().Should().BeEquivalentTo(new
        {
            MinTtl = TimeSpan.FromSeconds(1),
            MaxTtl = TimeSpan.FromMinutes(5),
            MaxNegativeTtl = TimeSpan.FromSeconds(30),
            MaxStale = TimeSpan.FromDays(1),
            StaleAnswerTimeout = TimeSpan.FromSeconds(1.8),
            NameServers = Array.Empty<string>(),
            QueryTimeout = (TimeSpan?)null,
            Attempts = (int?)null,
            UseHostsFile = true,
            HostsFilePath = (string?)null,
            ResolvConfPath = (string?)null,
            SystemResolverTtl = TimeSpan.FromSeconds(30),
            MaxEntries = 10_000,
        });
    }

    [Fact]
    public void ConnectCallback_IsRefusedAtConstructionNamingWhatTakesItsPlace()
    {
        Action make = () => new DnsAwareHandler(new SocketsHttpHandler { ConnectCallback = (_, _) => throw new NotSupportedException() })
            .Dispose();

        make.Should().Throw<ArgumentException>().WithMessage("*ConfigureSocket*");
    }
}
