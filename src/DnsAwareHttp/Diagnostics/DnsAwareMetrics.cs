using System.Diagnostics.Metrics;
using System.Net;

namespace DnsAwareHttp.Diagnostics;

/// <summary>Everything that the library measures, under the meter <c>DnsAwareHttp</c>. Durations are seconds.</summary>
internal static class DnsAwareMetrics
{
    public const string MeterName = "DnsAwareHttp";

    private static readonly Meter Meter = new(MeterName, typeof(DnsAwareMetrics).Assembly.GetName().Version?.ToString(3));

    private static readonly Histogram<double> LookupDuration =
        Meter.CreateHistogram<double>("dnsaware.lookup.duration", "s", "Time from the question about a name to its outcome.");

    private static readonly UpDownCounter<long> Endpoints =
        Meter.CreateUpDownCounter<long>("dnsaware.endpoints", "{endpoint}", "Addresses that take requests.");

    private static readonly UpDownCounter<long> LingeringEndpoints =
        Meter.CreateUpDownCounter<long>("dnsaware.endpoints.lingering", "{endpoint}", "Addresses that take requests though the latest answer lacks them.");

    private static readonly UpDownCounter<long> DrainingEndpoints =
        Meter.CreateUpDownCounter<long>("dnsaware.endpoints.draining", "{endpoint}", "Addresses that left and still have requests or connections.");

    private static readonly Histogram<double> DrainDuration =
        Meter.CreateHistogram<double>("dnsaware.drain.duration", "s", "Time from an address's leaving to the end of its last connection.");

    private static readonly Counter<long> DrainedConnections =
        Meter.CreateCounter<long>("dnsaware.drain.connections", "{connection}", "Connections that ended in a drain, gracefully or cut by DrainTimeout.");

    private static readonly Counter<long> ConnectFailures =
        Meter.CreateCounter<long>("dnsaware.connect.failures", "{failure}", "Connects to one address that failed; the request goes on to the next address.");

    public static void LookedUp(string host, Answer answer, TimeSpan duration)
    {
        if (LookupDuration.Enabled)
        {
            LookupDuration.Record(duration.TotalSeconds, Tags.Of(Tags.QuestionName, host), Tags.Of(Tags.Outcome, Tags.OutcomeOf(answer)));
        }
    }

    public static void EndpointJoined(string host, int port) => Endpoints.Add(1, Tags.Of(Tags.ServerAddress, host), Tags.Of(Tags.ServerPort, port));

    public static void EndpointsLinger(string host, int port, int more)
    {
        if (more != 0)
        {
            LingeringEndpoints.Add(more, Tags.Of(Tags.ServerAddress, host), Tags.Of(Tags.ServerPort, port));
        }
    }

    public static void EndpointDraining(string host, int port)
    {
        Endpoints.Add(-1, Tags.Of(Tags.ServerAddress, host), Tags.Of(Tags.ServerPort, port));
        DrainingEndpoints.Add(1, Tags.Of(Tags.ServerAddress, host), Tags.Of(Tags.ServerPort, port));
    }

    public static void EndpointDrained(string host, int port, TimeSpan duration, int graceful, int cut)
    {
        KeyValuePair<string, object?> address = Tags.Of(Tags.ServerAddress, host);
        KeyValuePair<string, object?> portTag = Tags.Of(Tags.ServerPort, port);
        DrainingEndpoints.Add(-1, address, portTag);
        DrainDuration.Record(duration.TotalSeconds, address, portTag);
        DrainedConnections.Add(graceful, address, portTag, Tags.Of(Tags.Outcome, "graceful"));
        DrainedConnections.Add(cut, address, portTag, Tags.Of(Tags.Outcome, "cut"));
    }

    public static void ConnectFailed(string host, IPEndPoint endPoint)
    {
        if (ConnectFailures.Enabled)
        {
            ConnectFailures.Add(1, Tags.Of(Tags.ServerAddress, host), Tags.Of(Tags.ServerPort, endPoint.Port), Tags.Peer(endPoint));
        }
    }
}
