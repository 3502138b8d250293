using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace DnsAwareHttp.FidelityTests;

/// <summary>MeterFactory and ActivityHeadersPropagator of the wrapped handler are the ones that are used.</summary>
public sealed class WrappedTelemetryTests
{
    [Fact]
    public async Task MeterFactory_MakesTheRuntimesMeters()
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer server = trial.Serve(static _ => RawServer.Ok);
            using Meters meters = new();
            ConcurrentBag<string> measured = [];
            using MeterListener listener = new();
            listener.InstrumentPublished = (instrument, listener) =>
            {
                if (ReferenceEquals(instrument.Meter.Scope, meters) && instrument.Meter.Name.StartsWith("System.Net.", StringComparison.Ordinal))
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            };
            listener.SetMeasurementEventCallback<long>((instrument, _, _, _) => measured.Add(instrument.Name));
            listener.SetMeasurementEventCallback<double>((instrument, _, _, _) => measured.Add(instrument.Name));
            listener.Start();
            await trial.AskAsync(trial.Client(new SocketsHttpHandler { MeterFactory = meters }), $"http://svc.test:{server.Port}/");
            await Eventually.Holds(() => measured.Contains("http.client.request.duration"), "the request was measured");
            trial.Transcript.Write(string.Join(' ', measured.Where(static name => name != "http.client.request.time_in_queue").Distinct().Order()));
        });

        seen.Should().Contain("http.client.request.duration").And.Contain("http.client.open_connections");
    }

    [Theory]
    [InlineData("own")]
    [InlineData("none")]
    [InlineData("null")]
    public async Task ActivityHeadersPropagator_WritesItsHeaders(string kind)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer server = trial.Serve(static _ => RawServer.Ok);
            SocketsHttpHandler settings = new()
            {
                ActivityHeadersPropagator = kind switch { "own" => new OwnPropagator(), "none" => DistributedContextPropagator.CreateNoOutputPropagator(), _ => null },
            };
            using Activity activity = new Activity("a case").SetIdFormat(ActivityIdFormat.W3C).Start();
            await trial.AskAsync(trial.Client(settings), $"http://svc.test:{server.Port}/");
            trial.Transcript.Write(server.Wire);
        });

        seen.Contains("\r\nX-Own-Trace: mine", StringComparison.Ordinal).Should().Be(kind == "own");
        seen.Should().Contain("GET / HTTP/1.1").And.NotContain("traceparent");
    }

    private sealed class Meters : IMeterFactory
    {
        private readonly ConcurrentBag<Meter> _made = [];

        public Meter Create(MeterOptions options)
        {
            options.Scope = this;
            Meter meter = new(options);
            _made.Add(meter);
            return meter;
        }

        public void Dispose()
        {
            foreach (Meter meter in _made)
            {
                meter.Dispose();
            }
        }
    }

    private sealed class OwnPropagator : DistributedContextPropagator
    {
        public override IReadOnlyCollection<string> Fields => ["X-Own-Trace"];

        public override void Inject(Activity? activity, object? carrier, PropagatorSetterCallback? setter) => setter?.Invoke(carrier, "X-Own-Trace", activity is null ? "nobody's" : "mine");

        public override void ExtractTraceIdAndState(object? carrier, PropagatorGetterCallback? getter, out string? traceId, out string? traceState) => (traceId, traceState) = (null, null);

        public override IEnumerable<KeyValuePair<string, string?>>? ExtractBaggage(object? carrier, PropagatorGetterCallback? getter) => null;
    }
}
