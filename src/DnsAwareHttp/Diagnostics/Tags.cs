using System.Net;

namespace DnsAwareHttp.Diagnostics;

/// <summary>The tag names and values of the metrics, after OpenTelemetry's semantic conventions where these have them.</summary>
internal static class Tags
{
    public const string QuestionName = "dns.question.name";
    public const string Outcome = "outcome";
    public const string ServerAddress = "server.address";
    public const string ServerPort = "server.port";
    public const string PeerAddress = "network.peer.address";
    public const string EjectionReason = "dnsaware.ejection.reason";
    public const string PeerPort = "network.peer.port";

    public static string OutcomeOf(Answer answer) => answer switch
    {
        Answer.Found => "found",
        Answer.Empty { Reason: EmptyReason.NxDomain } => "nxdomain",
        Answer.Empty => "nodata",
        _ => "failed",
    };

    public static KeyValuePair<string, object?> Of(string name, object? value) => new(name, value);

    public static KeyValuePair<string, object?> Peer(IPEndPoint endPoint) => new(PeerAddress, endPoint.Address.ToString());
}
