using System.Net;
using System.Net.Sockets;
using System.Reflection;
using System.Text.RegularExpressions;

namespace DnsAwareHttp.Tests.House;

/// <summary>Every option takes part in copying, comparing, checking and the tables of docs/options.md. A new option fails here until it does.</summary>
public sealed partial class OptionCoverageTests
{
    /// <summary>For each option a valid change, and a mistake where the option has a range.</summary>
    private static readonly Dictionary<string, (Action<DnsAwareOptions> Change, Action<DnsAwareOptions>? Mistake)> HandlerOptions = new()
    {
        [nameof(DnsAwareOptions.Membership)] = (o => o.Membership = MembershipMode.Strict, o => o.Membership = (MembershipMode)9),
        [nameof(DnsAwareOptions.MembershipByHost)] =
            (o => o.MembershipByHost["a.test"] = MembershipMode.Strict, o => o.MembershipByHost[""] = MembershipMode.Strict),
        [nameof(DnsAwareOptions.LoadBalancing)] =
            (o => o.LoadBalancing = LoadBalancingPolicy.PickFirst, o => o.LoadBalancing = (LoadBalancingPolicy)9),
        [nameof(DnsAwareOptions.AddressFamily)] =
            (o => o.AddressFamily = AddressFamily.InterNetwork, o => o.AddressFamily = AddressFamily.Unix),
        [nameof(DnsAwareOptions.AddressFilter)] = (o => o.AddressFilter = AddressFilters.PublicOnly, null),
        [nameof(DnsAwareOptions.AddressPriorities)] = (o => o.AddressPriorities = new AddressPriorities(), null),
        [nameof(DnsAwareOptions.MaxEndpointsPerOrigin)] = (o => o.MaxEndpointsPerOrigin = 7, o => o.MaxEndpointsPerOrigin = 0),
        [nameof(DnsAwareOptions.ConnectAttemptDelay)] =
            (o => o.ConnectAttemptDelay = TimeSpan.FromSeconds(1), o => o.ConnectAttemptDelay = TimeSpan.Zero),
        [nameof(DnsAwareOptions.ConnectTimeout)] = (o => o.ConnectTimeout = TimeSpan.FromSeconds(1), o => o.ConnectTimeout = TimeSpan.Zero),
        [nameof(DnsAwareOptions.DrainTimeout)] = (o => o.DrainTimeout = TimeSpan.FromSeconds(1), o => o.DrainTimeout = TimeSpan.Zero),
        [nameof(DnsAwareOptions.EmptyAnswerGrace)] =
            (o => o.EmptyAnswerGrace = TimeSpan.Zero, o => o.EmptyAnswerGrace = TimeSpan.FromDays(2)),
        [nameof(DnsAwareOptions.OriginIdleTimeout)] =
            (o => o.OriginIdleTimeout = TimeSpan.FromSeconds(9), o => o.OriginIdleTimeout = TimeSpan.Zero),
        [nameof(DnsAwareOptions.MaxOrigins)] = (o => o.MaxOrigins = 9, o => o.MaxOrigins = 0),
        [nameof(DnsAwareOptions.SessionAffinity)] =
            (o => o.SessionAffinity = new SessionAffinityOptions { CookieName = "sid" }, o => o.SessionAffinity!.MaxSessions = 0),
        [nameof(DnsAwareOptions.MaxRequestsPerConnection)] = (o => o.MaxRequestsPerConnection = 1, o => o.MaxRequestsPerConnection = 0),
        [nameof(DnsAwareOptions.MaxPendingRequestsPerEndpoint)] =
            (o => o.MaxPendingRequestsPerEndpoint = 0, o => o.MaxPendingRequestsPerEndpoint = -1),
        [nameof(DnsAwareOptions.AddressTags)] = (o => o.AddressTags = true, null),
        [nameof(DnsAwareOptions.Probe)] = (o => o.Probe = new EndpointProbe { Path = "/health" }, o => o.Probe!.Path = "health"),
        [nameof(DnsAwareOptions.RetryMisdirectedRequests)] = (o => o.RetryMisdirectedRequests = false, null),
        [nameof(DnsAwareOptions.AvoidTriedEndpoints)] = (o => o.AvoidTriedEndpoints = false, null),
        [nameof(DnsAwareOptions.ConfigureSocket)] = (o => o.ConfigureSocket = IgnoreSocket, null),
        [nameof(DnsAwareOptions.ServiceRecords)] =
            (o => o.ServiceRecords["a.test"] = "_http._tcp.a.test", o => o.ServiceRecords["a.test"] = ""),
        [nameof(DnsAwareOptions.ServiceRecordSelector)] = (o => o.ServiceRecordSelector = NoService, null),
        [nameof(DnsAwareOptions.OutlierDetection)] =
            (o => o.OutlierDetection = new OutlierDetectionOptions { Enabled = false }, o => o.OutlierDetection.MinRequests = 0),
    };

    private static readonly Dictionary<string, (Action<DnsCacheOptions> Change, Action<DnsCacheOptions>? Mistake)> CacheOptions = new()
    {
        [nameof(DnsCacheOptions.MinTtl)] = (o => o.MinTtl = TimeSpan.FromSeconds(2), o => o.MinTtl = TimeSpan.Zero),
        [nameof(DnsCacheOptions.MaxTtl)] = (o => o.MaxTtl = TimeSpan.FromSeconds(2), o => o.MaxTtl = TimeSpan.FromDays(8)),
        [nameof(DnsCacheOptions.MaxNegativeTtl)] =
            (o => o.MaxNegativeTtl = TimeSpan.FromSeconds(2), o => o.MaxNegativeTtl = TimeSpan.FromDays(1)),
        [nameof(DnsCacheOptions.MaxStale)] = (o => o.MaxStale = TimeSpan.Zero, o => o.MaxStale = TimeSpan.FromDays(8)),
        [nameof(DnsCacheOptions.StaleAnswerTimeout)] =
            (o => o.StaleAnswerTimeout = TimeSpan.Zero, o => o.StaleAnswerTimeout = TimeSpan.FromSeconds(31)),
        [nameof(DnsCacheOptions.NameServers)] = (o => o.NameServers.Add("10.0.0.2"), o => o.NameServers.Add("dns.test")),
        [nameof(DnsCacheOptions.QueryTimeout)] = (o => o.QueryTimeout = TimeSpan.FromSeconds(1), o => o.QueryTimeout = TimeSpan.Zero),
        [nameof(DnsCacheOptions.Attempts)] = (o => o.Attempts = 1, o => o.Attempts = 0),
        [nameof(DnsCacheOptions.NameSources)] = (o => o.NameSources.Add(NameSource.Dns), o => o.NameSources.Add((NameSource)9)),
        [nameof(DnsCacheOptions.UseHostsFile)] = (o => o.UseHostsFile = false, null),
        [nameof(DnsCacheOptions.HostsFilePath)] = (o => o.HostsFilePath = "/tmp/hosts", o => o.HostsFilePath = ""),
        [nameof(DnsCacheOptions.ResolvConfPath)] = (o => o.ResolvConfPath = "/tmp/resolv.conf", o => o.ResolvConfPath = ""),
        [nameof(DnsCacheOptions.NsswitchPath)] = (o => o.NsswitchPath = "/tmp/nsswitch.conf", o => o.NsswitchPath = ""),
        [nameof(DnsCacheOptions.SystemResolverTtl)] =
            (o => o.SystemResolverTtl = TimeSpan.FromSeconds(1), o => o.SystemResolverTtl = TimeSpan.Zero),
        [nameof(DnsCacheOptions.MaxEntries)] = (o => o.MaxEntries = 9, o => o.MaxEntries = 0),
    };

    // Numbers, times and enums have ranges that the validator knows; so have texts, which may be blank, and lists of them.
    private static readonly Type[] TypesWithoutRange =
        [typeof(bool), typeof(AddressPriorities), typeof(Func<IPAddress, bool>), typeof(Action<Socket>), typeof(Func<string, int, string?>)];

    public static TheoryData<string> NamesOfHandlerOptions() => [.. NamesOf<DnsAwareOptions>()];

    public static TheoryData<string> NamesOfCacheOptions() => [.. NamesOf<DnsCacheOptions>()];

    [Fact]
    public void EveryOption_HasASampleHere_WithAMistakeUnlessItsTypeHasNoRange()
    {
        HandlerOptions.Keys.Should().BeEquivalentTo(NamesOf<DnsAwareOptions>());
        CacheOptions.Keys.Should().BeEquivalentTo(NamesOf<DnsCacheOptions>());
        HandlerOptions.Where(option => option.Value.Mistake is null).Select(option => TypeOf<DnsAwareOptions>(option.Key)).Should()
            .BeSubsetOf(TypesWithoutRange);
        CacheOptions.Where(option => option.Value.Mistake is null).Select(option => TypeOf<DnsCacheOptions>(option.Key)).Should()
            .BeSubsetOf(TypesWithoutRange);
    }

    [Theory]
    [MemberData(nameof(NamesOfHandlerOptions))]
    public void HandlerOption_IsCopiedAndCompared(string name)
    {
        DnsAwareOptions options = new();
        HandlerOptions[name].Change(options);
        DnsAwareOptions copy = options.Snapshot();

        Value(copy, name).Should().BeEquivalentTo(Value(options, name))
            .And.NotBeEquivalentTo(Value(new DnsAwareOptions(), name), "the sample is a change");
        copy.IsSameAs(options).Should().BeTrue();
        copy.IsSameAs(new DnsAwareOptions()).Should().BeFalse();
        new DnsAwareOptions().IsSameAs(copy).Should().BeFalse();
    }

    [Theory]
    [MemberData(nameof(NamesOfHandlerOptions))]
    public void HandlerOption_ChangedAfterTheCopy_DoesNotReachIt(string name)
    {
        DnsAwareOptions options = new();
        DnsAwareOptions copy = options.Snapshot();

        HandlerOptions[name].Change(options);

        copy.IsSameAs(new DnsAwareOptions()).Should().BeTrue();
    }

    [Theory]
    [MemberData(nameof(NamesOfCacheOptions))]
    public void CacheOption_IsCopied_AndAChangeAfterwardsDoesNotReachTheCopy(string name)
    {
        DnsCacheOptions options = new();
        DnsCacheOptions before = options.Snapshot();
        CacheOptions[name].Change(options);
        DnsCacheOptions after = options.Snapshot();

        Value(before, name).Should().BeEquivalentTo(Value(new DnsCacheOptions(), name));
        Value(after, name).Should().BeEquivalentTo(Value(options, name))
            .And.NotBeEquivalentTo(Value(before, name), "the sample is a change");
    }

    [Theory]
    [MemberData(nameof(NamesOfHandlerOptions))]
    public void HandlerOption_OutOfItsRange_IsReportedByItsName(string name)
    {
        DnsAwareOptions options = new();
        HandlerOptions[name].Change(options);
        DnsAwareOptionsValidator.ProblemsOf(options).Lines.Should().BeEmpty();

        HandlerOptions[name].Mistake?.Invoke(options);

        DnsAwareOptionsValidator.ProblemsOf(options).Lines.Select(OptionProblems.OptionOf).Distinct().Should()
            .Equal(HandlerOptions[name].Mistake is null ? [] : [name]);
    }

    [Theory]
    [MemberData(nameof(NamesOfCacheOptions))]
    public void CacheOption_OutOfItsRange_IsReportedByItsName(string name)
    {
        DnsCacheOptions options = new();
        CacheOptions[name].Change(options);
        DnsCacheOptionsValidator.ProblemsOf(options).Lines.Should().BeEmpty();

        CacheOptions[name].Mistake?.Invoke(options);

        DnsCacheOptionsValidator.ProblemsOf(options).Lines.Select(OptionProblems.OptionOf).Distinct().Should()
            .Equal(CacheOptions[name].Mistake is null ? [] : [name]);
    }

    [Fact]
    public void TablesOfOptions_HaveEveryOptionAndNoOther() =>
        NamesInTables().Should().BeEquivalentTo(NamesOf<DnsAwareOptions>().Concat(NamesOf<DnsCacheOptions>()));

    private static void IgnoreSocket(Socket socket)
    {
    }

    private static string? NoService(string host, int port) => null;

    private static IEnumerable<string> NamesOf<T>() => typeof(T).GetProperties().Select(property => property.Name);

    private static Type TypeOf<T>(string name) => typeof(T).GetProperty(name)!.PropertyType;

    private static object? Value<T>(T options, string name) =>
        typeof(T).GetProperty(name, BindingFlags.Public | BindingFlags.Instance)!.GetValue(options);

    private static IEnumerable<string> NamesInTables()
    {
        string[] page = File.ReadAllLines(Path.Combine(SourceTree.Root, "..", "..", "docs", "options.md"));
        return page.Where(line => line.StartsWith("| `", StringComparison.Ordinal))
            .SelectMany(line => Name().Matches(line.Split('|')[1]).Select(match => match.Groups[1].Value));
    }

    [GeneratedRegex("`([A-Za-z]+)`")]
    private static partial Regex Name();
}
