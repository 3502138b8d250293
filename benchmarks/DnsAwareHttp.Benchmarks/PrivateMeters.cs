using System.Diagnostics.Metrics;

namespace DnsAwareHttp.Benchmarks;

/// <summary>Makes one meter, which is nobody else's.</summary>
internal sealed class PrivateMeters : IMeterFactory
{
    private Meter? _meter;

    public Meter Create(MeterOptions options) => _meter = new Meter(new MeterOptions(options.Name) { Scope = this });

    public void Dispose() => _meter?.Dispose();
}
