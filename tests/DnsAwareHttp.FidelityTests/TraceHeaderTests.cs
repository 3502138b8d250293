using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;

namespace DnsAwareHttp.FidelityTests;

/// <summary>Trace headers: on each hop and each sending those of that one, and a caller's own as the runtime treats them.</summary>
// Alone: a listener to the runtime's source puts trace headers on every request of the process.
[Collection(nameof(Alone))]
public sealed partial class TraceHeaderTests
{
    private const string Own = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    public static TheoryData<string, string, bool> Cases()
    {
        TheoryData<string, string, bool> rows = [];
        foreach (string traced in new[] { "nobody", "activity", "activity with baggage", "hierarchical activity", "listener", "listener and activity", "unsampled listener" })
        {
            foreach (string propagator in new[] { "default", "none" })
            {
                rows.Add(traced, propagator, true);
                rows.Add(traced, propagator, false);
            }
        }

        foreach (string propagator in new[] { "pass through", "no output", "W3C", "before W3C", "own", "own without fields", "odd fields" })
        {
            rows.Add("activity", propagator, true);
            rows.Add("activity", propagator, false);
            rows.Add("listener", propagator, true);
        }

        return rows;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task OverRedirects_AreTheSame(string traced, string propagator, bool withOwn)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            using Trace trace = new(traced);
            trial.Transcript.Number(Ids());
            RawServer server = trial.Serve(request => request.Target == "/landing" ? RawServer.Ok : RawServer.RedirectTo(request.Target == "/start" ? "/middle" : "/landing"));
            using HttpRequestMessage request = Request(server, withOwn);
            await trial.SendAsync(trial.Client(With(propagator)), request);
            trial.Transcript.Write(server.Wire);
        });

        seen.Should().Contain("GET /landing");
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task SentTwice_AreTheSame(string traced, string propagator, bool withOwn)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            using Trace trace = new(traced);
            trial.Transcript.Number(Ids());
            RawServer server = trial.Serve(_ => RawServer.Ok);
            using HttpRequestMessage request = Request(server, withOwn);
            using HttpMessageInvoker invoker = new(trial.Handler(With(propagator)), disposeHandler: false);
            (await invoker.SendAsync(request, CancellationToken.None)).Dispose();
            (await invoker.SendAsync(request, CancellationToken.None)).Dispose();
            trial.Transcript.Write(server.Wire);
        });

        seen.Split("GET /start").Should().HaveCount(3);
    }

    [Theory]
    [InlineData("activity", "default", true)]
    [InlineData("activity", "default", false)]
    [InlineData("activity", "own", true)]
    [InlineData("nobody", "default", true)]
    public async Task SentTwiceWithoutRedirects_AreTheSame(string traced, string propagator, bool withOwn)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            using Trace trace = new(traced);
            trial.Transcript.Number(Ids());
            RawServer server = trial.Serve(_ => RawServer.Ok);
            using HttpRequestMessage request = Request(server, withOwn);
            SocketsHttpHandler settings = With(propagator);
            settings.AllowAutoRedirect = false;
            using HttpMessageInvoker invoker = new(trial.Handler(settings), disposeHandler: false);
            (await invoker.SendAsync(request, CancellationToken.None)).Dispose();
            (await invoker.SendAsync(request, CancellationToken.None)).Dispose();
            trial.Transcript.Write(server.Wire);
        });

        seen.Split("GET /start").Should().HaveCount(3);
    }

    [Theory]
    [InlineData("activity", true)]
    [InlineData("activity", false)]
    [InlineData("listener", false)]
    [InlineData("nobody", true)]
    public async Task RedirectWithCredentialsForAnyHost_AreTheSame(string traced, bool withOwn)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            using Trace trace = new(traced);
            trial.Transcript.Number(Ids());
            RawServer server = trial.Serve(request => request.Target == "/landing" ? RawServer.Ok : RawServer.RedirectTo("/landing"));
            using HttpRequestMessage request = Request(server, withOwn);
            SocketsHttpHandler settings = With("default");
            settings.Credentials = new NetworkCredential("user", "password");
            await trial.SendAsync(trial.Client(settings), request);
            trial.Transcript.Write(server.Wire.Replace("\n--- connection 1\n", "", StringComparison.Ordinal));
        });

        seen.Should().Contain("GET /landing");
    }

    [GeneratedRegex(@"\b[0-9a-f]{32}\b|\b[0-9a-f]{16}\b|\|[-0-9a-f]+")]
    private static partial Regex Ids();

    private static HttpRequestMessage Request(RawServer server, bool withOwn)
    {
        HttpRequestMessage request = new(HttpMethod.Get, $"http://svc.test:{server.Port}/start");
        if (withOwn)
        {
            request.Headers.Add("traceparent", Own);
            request.Headers.Add("tracestate", "mine=1");
            request.Headers.Add("X-Trace", "mine");
            request.Headers.Add("Request-Id", "mine");
        }

        return request;
    }

    private static SocketsHttpHandler With(string propagator) => new()
    {
        ActivityHeadersPropagator = propagator switch
        {
            "none" => null,
            "pass through" => DistributedContextPropagator.CreatePassThroughPropagator(),
            "no output" => DistributedContextPropagator.CreateNoOutputPropagator(),
            "W3C" => DistributedContextPropagator.CreateW3CPropagator(),
            "before W3C" => DistributedContextPropagator.CreatePreW3CPropagator(),
            "own" => new Counting(["X-Trace"]),
            "own without fields" => new Counting([]),
            "odd fields" => new Counting(["X-Trace", "not a name", "Content-Language", "", null!, "traceparent"]),
            _ => DistributedContextPropagator.CreateDefaultPropagator(),
        },
    };

    /// <summary>What is traced while it lives. Ids are random: they are written as they come, first, second and so on.</summary>
    private sealed class Trace : IDisposable
    {
        private readonly Activity? _activity;
        private readonly ActivityListener? _listener;

        public Trace(string kind)
        {
            if (kind.Contains("listener", StringComparison.Ordinal))
            {
                _listener = new ActivityListener
                {
                    ShouldListenTo = static source => source.Name == "System.Net.Http",
                    Sample = (ref ActivityCreationOptions<ActivityContext> _) => kind.StartsWith("unsampled", StringComparison.Ordinal) ? ActivitySamplingResult.None : ActivitySamplingResult.AllData,
                };
                ActivitySource.AddActivityListener(_listener);
            }

            if (kind.Contains("activity", StringComparison.Ordinal))
            {
                _activity = new Activity("caller");
                _activity.SetIdFormat(kind.StartsWith("hierarchical", StringComparison.Ordinal) ? ActivityIdFormat.Hierarchical : ActivityIdFormat.W3C);
                if (kind.Contains("baggage", StringComparison.Ordinal))
                {
                    _activity.AddBaggage("fruit", "apple");
                    _activity.TraceStateString = "vendor=1";
                }

                _activity.Start();
            }
        }

        public void Dispose()
        {
            _activity?.Stop();
            _listener?.Dispose();
        }
    }

    /// <summary>Puts a number on each sending.</summary>
    private sealed class Counting(IReadOnlyCollection<string> fields) : DistributedContextPropagator
    {
        private int _count;

        public override IReadOnlyCollection<string> Fields => fields;

        public override void Inject(Activity? activity, object? carrier, PropagatorSetterCallback? setter) =>
            setter?.Invoke(carrier, "X-Trace", Interlocked.Increment(ref _count).ToString(CultureInfo.InvariantCulture));

        public override void ExtractTraceIdAndState(object? carrier, PropagatorGetterCallback? getter, out string? traceId, out string? traceState) => (traceId, traceState) = (null, null);

        public override IEnumerable<KeyValuePair<string, string?>>? ExtractBaggage(object? carrier, PropagatorGetterCallback? getter) => null;
    }
}
