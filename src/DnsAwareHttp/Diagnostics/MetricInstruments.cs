using System.Diagnostics.Metrics;

namespace DnsAwareHttp.Diagnostics;

/// <summary>All instruments of one meter. Read from top to bottom they tell what is measured.</summary>
/// <remarks>They are announced to listeners in this order. A listener that throws costs the instrument that it was told of.</remarks>
/// <param name="meter">The meter.</param>
/// <param name="observations">What the observable instruments see.</param>
internal sealed class MetricInstruments(Meter meter, MetricObservations observations)
{
    // OpenTelemetry's buckets for the durations of requests, with two for what takes less than 5 ms in a data centre.
    private static readonly double[] ShortTimes =
        [0.0005, 0.001, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

    // The runtime's buckets for the lives of connections.
    private static readonly double[] LongTimes = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300];

    public Histogram<double>? LookupDuration { get; } = Make(() => Seconds(
        meter, "dnsaware.lookup.duration", ShortTimes, "Time from a question about a name to its outcome."));

    public Counter<long>? CacheRequests { get; } = Make(() => meter.CreateCounter<long>(
        "dnsaware.cache.request.count", "{request}", "Requests by what was known of their name when they came."));

    public ObservableGauge<double>? AnswerAge { get; } = Make(() => meter.CreateObservableGauge(
        "dnsaware.answer.age", observations.AnswerAges, "s", "Time since the question was sent whose answer is in use."));

    public ObservableUpDownCounter<long>? Endpoints { get; } = Make(() => meter.CreateObservableUpDownCounter(
        "dnsaware.endpoint.count", observations.Endpoints, "{endpoint}", "Addresses of open origins, and addresses that drain."));

    public Counter<long>? MembershipChanges { get; } = Make(() => meter.CreateCounter<long>(
        "dnsaware.membership.change.count", "{endpoint}", "Addresses that joined an origin, and addresses that left."));

    public Histogram<double>? DrainDuration { get; } = Make(() => Seconds(
        meter, "dnsaware.drain.duration", LongTimes, "Time from the departure of an address to the end of its last connection."));

    public Counter<long>? DrainedConnections { get; } = Make(() => meter.CreateCounter<long>(
        "dnsaware.drain.connection.count", "{connection}", "Connections that ended in a drain."));

    public Histogram<double>? ConvergenceDuration { get; } = Make(() => Seconds(
        meter, "dnsaware.convergence.duration", LongTimes, "Time from the answer that lacks an address to the last byte on it."));

    public Histogram<double>? ConnectDuration { get; } = Make(() => Seconds(
        meter, "dnsaware.connect.duration", ShortTimes, "Time of a TCP connect to one address."));

    public Histogram<double>? HandshakeDuration { get; } = Make(() => Seconds(
        meter, "dnsaware.tls.handshake.duration", ShortTimes, "Time from the TCP connection to the end of its TLS handshake."));

    public Counter<long>? OpenedConnections { get; } = Make(() => meter.CreateCounter<long>(
        "dnsaware.connection.opened.count", "{connection}", "Connections that requests were given."));

    public Counter<long>? Requests { get; } = Make(() => meter.CreateCounter<long>(
        "dnsaware.request.count", "{request}", "Requests that were answered, by whether a connection was opened for them."));

    public ObservableUpDownCounter<long>? WaitingRequests { get; } = Make(() => meter.CreateObservableUpDownCounter(
        "dnsaware.request.waiting", observations.Waiting, "{request}", "Requests that wait for DNS or for a connection."));

    public Histogram<double>? WaitDuration { get; } = Make(() => Seconds(
        meter, "dnsaware.request.wait.duration", ShortTimes, "Time that a request waited for DNS or for a connection."));

    public Counter<long>? Resets { get; } = Make(() => meter.CreateCounter<long>(
        "dnsaware.connection.reset.count", "{connection}", "Connections that their peers have reset."));

    public Counter<long>? Ejections { get; } = Make(() => meter.CreateCounter<long>(
        "dnsaware.endpoint.ejection.count", "{endpoint}", "Endpoints that were ejected because their answers are failures."));

    public Counter<long>? MisdirectedRequests { get; } = Make(() => meter.CreateCounter<long>(
        "dnsaware.request.misdirected.count", "{request}", "Answers 421 (Misdirected Request)."));

    public Counter<long>? Failovers { get; } = Make(() => meter.CreateCounter<long>(
        "dnsaware.request.failover.count", "{request}", "Times that a request went to another address, because one failed it."));

    public ObservableGauge<double>? RoundTripTime { get; } = Make(() => OperatingSystem.IsLinux() ? meter.CreateObservableGauge(
        "dnsaware.tcp.rtt", observations.RoundTripTimes, "s", "Mean round-trip time of the open connections (TCP_INFO).") : null);

    public ObservableCounter<long>? Retransmits { get; } = Make(() => OperatingSystem.IsLinux() ? meter.CreateObservableCounter(
        "dnsaware.tcp.retransmit.count", observations.Retransmits, "{segment}", "TCP segments that were sent again (TCP_INFO).") : null);

    private static Histogram<double> Seconds(Meter meter, string name, double[] buckets, string description) =>
        meter.CreateHistogram(
            name, "s", description, tags: null, new InstrumentAdvice<double> { HistogramBucketBoundaries = buckets });

    private static TInstrument? Make<TInstrument>(Func<TInstrument?> make)
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
