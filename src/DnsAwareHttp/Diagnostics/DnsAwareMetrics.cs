using System.Diagnostics.Metrics;
using System.Net;
using System.Runtime.CompilerServices;
using DnsAwareHttp.Concurrency;

namespace DnsAwareHttp.Diagnostics;

/// <summary>Everything that the library measures, under the meter <c>DnsAwareHttp</c>. Durations are seconds.</summary>
internal static class DnsAwareMetrics
{
    public const string MeterName = "DnsAwareHttp";

    private static readonly Meter Meter = new(MeterName, typeof(DnsAwareMetrics).Assembly.GetName().Version?.ToString(3));

    private static readonly Histogram<double>? LookupDuration =
        Histogram("dnsaware.lookup.duration", "Time from the question about a name to its outcome.");

    private static readonly UpDownCounter<long>? Endpoints =
        UpDownCounter("dnsaware.endpoints", "{endpoint}", "Addresses that take requests.");

    private static readonly UpDownCounter<long>? LingeringEndpoints =
        UpDownCounter("dnsaware.endpoints.lingering", "{endpoint}", "Addresses that take requests though the latest answer lacks them.");

    private static readonly UpDownCounter<long>? DrainingEndpoints =
        UpDownCounter("dnsaware.endpoints.draining", "{endpoint}", "Addresses that left and still have requests or connections.");

    private static readonly Histogram<double>? DrainDuration =
        Histogram("dnsaware.drain.duration", "Time from an address's leaving to the end of its last connection.");

    private static readonly Counter<long>? DrainedConnections =
        Counter("dnsaware.drain.connections", "{connection}", "Connections that ended in a drain, gracefully or cut by DrainTimeout.");

    private static readonly Counter<long>? ConnectFailures =
        Counter("dnsaware.connect.failures", "{failure}", "Connects to one address that failed; the request goes on to the next address.");

    private static readonly Counter<long>? Ejections =
        Counter("dnsaware.endpoint.ejection.count", "{endpoint}", "Ejections of endpoints that failed while their peers did not.");

    /// <summary>Announces the instruments to listeners, if that has not happened yet. The caller holds no lock.</summary>
    public static void Announce() => RuntimeHelpers.RunClassConstructor(typeof(DnsAwareMetrics).TypeHandle);

    public static void LookedUp(string host, Answer answer, TimeSpan duration) =>
        Record(LookupDuration, duration, Tags.Of(Tags.QuestionName, host), Tags.Of(Tags.Outcome, Tags.OutcomeOf(answer)));

    public static void EndpointJoined(string host, int port) => Add(Endpoints, 1, Server(host, port));

    public static void EndpointsLinger(string host, int port, int more) => Add(LingeringEndpoints, more, Server(host, port));

    public static void EndpointDraining(string host, int port)
    {
        Add(Endpoints, -1, Server(host, port));
        Add(DrainingEndpoints, 1, Server(host, port));
    }

    public static void EndpointDrained(string host, int port, TimeSpan duration, int graceful, int cut)
    {
        Add(DrainingEndpoints, -1, Server(host, port));
        Record(DrainDuration, duration, Server(host, port));
        Add(DrainedConnections, graceful, [.. Server(host, port), Tags.Of(Tags.Outcome, "graceful")]);
        Add(DrainedConnections, cut, [.. Server(host, port), Tags.Of(Tags.Outcome, "cut")]);
    }

    public static void ConnectFailed(string host, IPEndPoint endPoint) =>
        Add(ConnectFailures, 1, [.. Server(host, endPoint.Port), Tags.Peer(endPoint)]);

    public static void Ejected(string host, int port, string reason) =>
        Add(Ejections, 1, [.. Server(host, port), Tags.Of(Tags.EjectionReason, reason)]);

    private static KeyValuePair<string, object?>[] Server(string host, int port) =>
        [Tags.Of(Tags.ServerAddress, host), Tags.Of(Tags.ServerPort, port)];

    private static void Add<TInstrument>(TInstrument? instrument, long value, params KeyValuePair<string, object?>[] tags)
        where TInstrument : Instrument
    {
        if (value == 0 || instrument is not { Enabled: true })
        {
            return;
        }

        ApplicationCode.Tell(
            static entry =>
            {
                (entry.instrument as Counter<long>)?.Add(entry.value, entry.tags);
                (entry.instrument as UpDownCounter<long>)?.Add(entry.value, entry.tags);
            },
            (instrument, value, tags));
    }

    private static void Record(Histogram<double>? histogram, TimeSpan duration, params KeyValuePair<string, object?>[] tags)
    {
        if (histogram is { Enabled: true })
        {
            ApplicationCode.Tell(
                static entry => entry.histogram.Record(entry.duration.TotalSeconds, entry.tags), (histogram, duration, tags));
        }
    }

    private static Histogram<double>? Histogram(string name, string description) =>
        Make(() => Meter.CreateHistogram<double>(name, "s", description));

    private static UpDownCounter<long>? UpDownCounter(string name, string unit, string description) =>
        Make(() => Meter.CreateUpDownCounter<long>(name, unit, description));

    private static Counter<long>? Counter(string name, string unit, string description) =>
        Make(() => Meter.CreateCounter<long>(name, unit, description));

    // A listener that throws when an instrument is announced costs that instrument, not the library.
    private static TInstrument? Make<TInstrument>(Func<TInstrument> make)
        where TInstrument : Instrument
    {
        try
        {
            return make();
        }
        catch (Exception)
        {
            return null;
        }
    }
}
