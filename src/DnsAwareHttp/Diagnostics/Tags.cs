namespace DnsAwareHttp.Diagnostics;

/// <summary>The tag names and values of the metrics, after OpenTelemetry's semantic conventions where these have them.</summary>
internal static class Tags
{
    public const string QuestionName = "dns.question.name";
    public const string ServerAddress = "server.address";
    public const string ServerPort = "server.port";
    public const string PeerAddress = "network.peer.address";
    public const string PeerPort = "network.peer.port";
    public const string NetworkType = "network.type";
    public const string ErrorType = "error.type";

    public const string LookupOutcome = "dnsaware.lookup.outcome";
    public const string LookupSource = "dnsaware.lookup.source";
    public const string CacheResult = "dnsaware.cache.result";
    public const string EndpointState = "dnsaware.endpoint.state";
    public const string MembershipChange = "dnsaware.membership.change";
    public const string DepartureReason = "dnsaware.departure.reason";
    public const string DrainOutcome = "dnsaware.drain.outcome";
    public const string ConnectionState = "dnsaware.connection.state";
    public const string WaitKind = "dnsaware.wait.kind";
    public const string EjectionReason = "dnsaware.ejection.reason";

    /// <summary>The value for all that is beyond a bound, or has no name of its own. OpenTelemetry writes it so.</summary>
    public const string Other = "_OTHER";

    public static string OutcomeOf(Answer answer) => answer switch
    {
        Answer.Found => "found",
        Answer.Empty { Reason: EmptyReason.NxDomain } => "nxdomain",
        Answer.Empty => "nodata",
        _ => "failed",
    };

    /// <summary>The kind of source that gave an answer. A resolver of the application is <c>other</c>, and so are local names.</summary>
    public static string SourceOf(Answer answer) => answer.Source switch
    {
        "hosts file" => "hosts",
        "DNS" => "dns",
        "system" => "system",
        _ => "other",
    };

    public static KeyValuePair<string, object?> Of(string name, object? value) => new(name, value);
}
