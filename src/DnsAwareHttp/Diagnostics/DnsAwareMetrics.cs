using System.Diagnostics.Metrics;
using System.Net;
using System.Runtime.CompilerServices;

namespace DnsAwareHttp.Diagnostics;

/// <summary>Everything that the library measures with one meter <c>DnsAwareHttp</c>. Durations are seconds.</summary>
/// <remarks>
/// Each <see cref="IMeterFactory"/> has a meter of its own, which ends with it; without a factory there is one meter for the process. The
/// names of origins and questions come from outside: each table of names is bounded, and later names are <see cref="Tags.Other"/>.
/// </remarks>
internal sealed class DnsAwareMetrics
{
    public const string MeterName = "DnsAwareHttp";

    /// <summary>The origins, the names and the addresses that have series of their own, for each meter.</summary>
    public const int MaxNames = 1_000;

    private static readonly ConditionalWeakTable<IMeterFactory, DnsAwareMetrics> OfFactories = [];

    private readonly Func<MeterOptions, Meter>? _makeMeter;
    private readonly BoundedTable<(string Host, int Port), OriginMetrics> _origins = new(MaxNames);
    private readonly BoundedTable<(OriginMetrics Origin, IPEndPoint Address), EndpointMetrics> _addresses = new(MaxNames);
    private readonly BoundedTable<string, TagSet> _names = new(MaxNames);
    private readonly TagSet _otherNames = new(Tags.Of(Tags.QuestionName, Tags.Other));
    private readonly OriginMetrics _otherOrigins;

    // Weak: a handler that the application dropped is collected, and its endpoints count no longer.
    private readonly ConditionalWeakTable<IMetricSource, object?> _sources = [];
    private volatile MetricInstruments? _instruments;
    private int _isAnnounced;

    private DnsAwareMetrics(Func<MeterOptions, Meter>? makeMeter)
    {
        _makeMeter = makeMeter;
        _otherOrigins = new OriginMetrics(this, new TagSet(Tags.Of(Tags.ServerAddress, Tags.Other)));
    }

    /// <summary>Measures nothing.</summary>
    public static DnsAwareMetrics None { get; } = new(null);

    /// <summary>The meter of the process.</summary>
    public static DnsAwareMetrics Default { get; } = new(static options => new Meter(options));

    /// <summary>The instruments; null before they are announced, and without a meter.</summary>
    public MetricInstruments? Instruments => _instruments;

    /// <summary>The origins that were met, and the one that stands for all others.</summary>
    public IEnumerable<OriginMetrics> Origins => _origins.Values.Append(_otherOrigins);

    /// <summary>The places with endpoints that are in use.</summary>
    public IEnumerable<IMetricSource> Sources => _sources.Select(static pair => pair.Key);

    /// <summary>The metrics of a factory; null: those of the process. Announces their instruments, if that has not happened.</summary>
    /// <remarks>The caller holds no lock: the factory and the listeners are code of the application.</remarks>
    public static DnsAwareMetrics Of(IMeterFactory? factory)
    {
        // The table may make two objects at the same time and keeps one. Only that one makes a meter.
        DnsAwareMetrics metrics =
            factory is null ? Default : OfFactories.GetValue(factory, static factory => new DnsAwareMetrics(factory.Create));
        metrics.Announce();
        return metrics;
    }

    /// <summary>The metrics of an origin.</summary>
    /// <param name="host">The name that is resolved.</param>
    /// <param name="port">The port of the origin.</param>
    public OriginMetrics OriginOf(string host, int port) =>
        _origins.Of((host, port), key => new OriginMetrics(this, TagsOf(key.Host, key.Port)), _otherOrigins);

    /// <summary>The metrics of an endpoint whose address is a tag.</summary>
    /// <param name="origin">Its origin.</param>
    /// <param name="address">The address.</param>
    /// <param name="make">Makes the metrics of a new address.</param>
    /// <param name="other">The metrics of an address beyond the bound.</param>
    public EndpointMetrics EndpointOf(
        OriginMetrics origin, IPEndPoint address, Func<IPEndPoint, EndpointMetrics> make, EndpointMetrics other) =>
        _addresses.Of((origin, address), key => make(key.Address), other);

    /// <summary>The observable instruments look at a source from now on, until it is collected.</summary>
    public void Observe(IMetricSource source) => _sources.TryAdd(source, null);

    /// <summary>A question about a name has its outcome.</summary>
    public void LookedUp(string name, Answer answer, TimeSpan duration)
    {
        if (_instruments?.LookupDuration is not { Enabled: true } histogram)
        {
            return;
        }

        TagSet tags = _names.Of(name, static name => new TagSet(Tags.Of(Tags.QuestionName, name)), _otherNames);
        KeyValuePair<string, object?> outcome = Tags.Of(Tags.LookupOutcome, Tags.OutcomeOf(answer));
        KeyValuePair<string, object?> source = Tags.Of(Tags.LookupSource, Tags.SourceOf(answer));
        if (answer is Answer.Failed failed)
        {
            tags.Record(histogram, duration, outcome, source, Tags.Of(Tags.ErrorType, ErrorTypes.Of(failed)));
        }
        else
        {
            tags.Record(histogram, duration, outcome, source);
        }
    }

    private static TagSet TagsOf(string host, int port) => new(Tags.Of(Tags.ServerAddress, host), Tags.Of(Tags.ServerPort, port));

    // Once, and without a lock: a listener that is told of an instrument may send a request.
    private void Announce()
    {
        if (_makeMeter is null || Interlocked.Exchange(ref _isAnnounced, 1) == 1)
        {
            return;
        }

        try
        {
            string? version = typeof(DnsAwareMetrics).Assembly.GetName().Version?.ToString(3);
            Meter meter = _makeMeter(new MeterOptions(MeterName) { Version = version });
            _instruments = new MetricInstruments(meter, new MetricObservations(this, TimeProvider.System));
        }
        catch (Exception)
        {
            // The factory was disposed, or failed. Requests matter more than their metrics.
        }
    }
}
