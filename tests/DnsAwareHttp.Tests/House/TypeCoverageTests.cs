using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace DnsAwareHttp.Tests.House;

/// <summary>Each type that does something has its own test class, or a line here with the class that covers it.</summary>
public sealed class TypeCoverageTests
{
    private static readonly Dictionary<string, string> CoveredBy = new()
    {
        ["AddressPriorities"] = "AddressRanksTests",
        ["AddressJson"] = "OriginViewTests",
        ["AddressOrdering"] = "EndpointRosterTests",
        ["AliasChain"] = "DnsMessageReaderTests",
        ["AnswerJson"] = "OriginViewTests",
        ["AnswerReader"] = "DnsMessageReaderTests",
        ["BlockingSocket"] = "TrackedStreamTests",
        ["CacheOptionsValidator"] = "DnsAwareHttpClientBuilderExtensionsTests",
        ["ChangeReader"] = "ChangeJournalTests",
        ["ClusterFactory"] = "RequestRouterTests",
        ["DnsAwareChange"] = "ChangeJournalTests",
        ["DnsAwareSnapshot"] = "OriginViewTests",
        ["DepartureChanges"] = "PoolDrainerTests",
        ["DnsAwareOptionsComparison"] = "OptionCoverageTests",
        ["DnsAwareOptionsValidator"] = "OptionsTests",
        ["DnsCacheOptions"] = "OptionCoverageTests",
        ["DnsCacheOptionsValidator"] = "OptionsTests",
        ["DnsSettingsFile"] = "DnsResolverTests",
        ["EndpointChoice"] = "RequestSenderTests",
        ["EndPointJson"] = "OriginViewTests",
        ["FirstAttempt"] = "AwaitedAttemptTests",
        ["FollowedAnswer"] = "MetricsInUseTests",
        ["Frame"] = "FrameReaderTests",
        ["GateLease"] = "PoolSamplerTests",
        ["Http2Streams"] = "Http2ConnectionTests",
        ["LateDialException"] = "LateDialsTests",
        ["MetricObservations"] = "MetricsInUseTests",
        ["MetricSurvey"] = "MetricsInUseTests",
        ["NameQuestions"] = "NameRefresherTests",
        ["NameResolver"] = "NameResolverTests",
        ["NameSwitchFile"] = "ResolverChainTests",
        ["NamedHandler"] = "NamedHandlersTests",
        ["OriginCount"] = "MetricsInUseTests",
        ["OpenedQuestion"] = "LookupOpeningTests",
        ["OriginRegistry"] = "RequestRouterTests",
        ["OriginScope"] = "NameEndpointsTests",
        ["OutcomeCounts"] = "OutlierDetectorTests",
        ["OutcomeReport"] = "OutlierDetectionTests",
        ["OutlierWatch"] = "OutlierDetectionTests",
        ["ParkedSockets"] = "EndpointDialerTests",
        ["PoolBreaks"] = "EndpointPoolTests",
        ["PoolHealth"] = "EndpointPoolTests",
        ["PoolOutcomes"] = "OutlierDetectionTests",
        ["PoolSnapshots"] = "EndpointPoolTests",
        ["PrimaryHandlerFilter"] = "DnsAwareHttpClientBuilderExtensionsTests",
        ["PrimaryHandlers"] = "PrimaryHandlerTests",
        ["RedirectFollower"] = "RedirectFidelityTests",
        ["RequestTally"] = "EndpointOutcomesTests",
        ["DnsAwareActivities"] = "RequestTraceTests",
        ["OriginWarmUp"] = "ProbeTests",
        ["PoolProbes"] = "ProbeTests",
        ["ProbedEndpoint"] = "ProbeTests",
        ["RouterSlot"] = "ChangedOptionsTests",
        ["TriedEndpointsCarrier"] = "ResilienceTests",
        ["RequestTracing"] = "RequestTraceTests",
        ["RequestRetries"] = "RequestSenderTests",
        ["RouterSettings"] = "RequestRouterTests",
        ["SettingsComparison"] = "HandlerSettingsTests",
        ["SettingsCopy"] = "HandlerTemplateTests",
        ["SharedDial"] = "EndpointDialerTests",
        ["SharedHandler"] = "DnsAwareHttpClientBuilderExtensionsTests",
        ["SocketConnector"] = "EndpointDialerTests",
        ["SocketLook"] = "TrackedStreamTests",
        ["SslOptionsComparison"] = "HandlerSettingsTests",
        ["StreamMeter"] = "MetricsInUseTests",
        ["StreamUse"] = "TrackedStreamTests",
        ["TcpExchange"] = "ExchangeTests",
        ["TlsConnection"] = "TlsExchangeTests",
        ["TlsHandshake"] = "TlsHandshakesTests",
        ["UdpExchange"] = "ExchangeTests",
        ["ValueComparison"] = "HandlerSettingsTests",
        ["WeightedLeastRequestsPicker"] = "WeightedPickersTests",
        ["WeightedTurns"] = "WeightedPickersTests",
        ["WrappedHandler"] = "DnsAwareHandlerTests",
    };

    // Of all test projects: the redirects are compared with those of the runtime.
    private static readonly string Tests = Path.GetFullPath(Path.Combine(SourceTree.House, "..", ".."));

    private static readonly HashSet<string> TestClasses =
        [.. typeof(TypeCoverageTests).Assembly.GetTypes().Where(type => type.Name.EndsWith("Tests", StringComparison.Ordinal)).Select(type => type.Name)];

    [Fact]
    public void EachTypeThatDoesSomething_HasATestClassOrALine() =>
        string.Join(", ", TypesThatDoSomething().Where(type => !TestClasses.Contains($"{type}Tests") && !CoveredBy.ContainsKey(type))).Should().BeEmpty();

    [Fact]
    public void EachLine_IsNeededAndNamesATestClass()
    {
        string[] types = [.. TypesThatDoSomething()];

        CoveredBy.Keys.Where(type => !types.Contains(type) || TestClasses.Contains($"{type}Tests")).Should().BeEmpty();
        CoveredBy.Values.Where(tests => !Directory.EnumerateFiles(Tests, $"{tests}.cs", SearchOption.AllDirectories).Any()).Should().BeEmpty();
    }

    private static IEnumerable<string> TypesThatDoSomething() => SourceTree.Files()
        .SelectMany(file => CSharpSyntaxTree.ParseText(file.Text).GetRoot().DescendantNodes().OfType<TypeDeclarationSyntax>())
        .Where(type => type is not InterfaceDeclarationSyntax && type.Parent is not TypeDeclarationSyntax && DoesSomething(type))
        .Select(type => type.Identifier.Text)
        .Distinct();

    private static bool DoesSomething(TypeDeclarationSyntax type) => type.Members.Any(static member => member switch
    {
        BaseMethodDeclarationSyntax method => method.Body is not null || method.ExpressionBody is not null,
        PropertyDeclarationSyntax property => property.ExpressionBody is not null
            || property.AccessorList?.Accessors.Any(accessor => accessor.Body is not null || accessor.ExpressionBody is not null) == true,
        _ => false,
    });
}
