using System.Collections.Concurrent;
using System.Diagnostics;
using DnsAwareHttp.EcosystemTests.Harness;
using OpenTelemetry;
using OpenTelemetry.Trace;
using Xunit.Abstractions;

namespace DnsAwareHttp.EcosystemTests.Clients;

/// <summary>OpenTelemetry.Instrumentation.Http with export into memory.</summary>
public sealed class OpenTelemetryTests(ITestOutputHelper output) : EcosystemTest(output)
{
    private static readonly ActivitySource Source = new("Ecosystem.Test");

    [Fact]
    public async Task EachRequest_IsOneSpanBelowItsCallerWhileDnsFlips()
    {
        List<Activity> spans = [];
        ConcurrentBag<string> callers = [];
        using (TracerProvider provider = Trace(spans))
        {
            using HttpClient client = new(Fleet.MakeHandler()) { BaseAddress = Fleet.Uri };
            await FlipAsync(async () =>
            {
                using Activity? caller = Source.StartActivity("caller");
                callers.Add(caller!.Id!);
                return await client.GetStringAsync("address");
            });
        }

        Activity[] requests = [.. spans.Where(span => callers.Contains(span.ParentId ?? ""))];
        requests.Should().OnlyContain(span => span.Source.Name == "System.Net.Http" && span.DisplayName == "GET");
        requests.Select(span => span.ParentId).Should().BeEquivalentTo(callers);
        requests.Should().OnlyContain(span => Equals(span.GetTagItem("server.address"), Fleet.Host));
        ActivityTraceId[] traces = [.. spans.Where(span => callers.Contains(span.Id!)).Select(span => span.TraceId)];
        spans.Where(span => traces.Contains(span.TraceId)).Should().HaveCount(2 * callers.Count, "a trace has nothing else");
    }

    [Fact]
    public async Task FirstRequestThatAsksDnsAndFails_HasNoSpanOfALookupOfItsOwn()
    {
        List<Activity> spans = [];
        ActivityTraceId trace;
        using (TracerProvider provider = Trace(spans))
        {
            await using DnsCache cache = new(new DnsCacheOptions
            {
                NameServers = ["127.0.0.1:9"],
                NameSources = [NameSource.Dns],
                QueryTimeout = TimeSpan.FromMilliseconds(200),
                Attempts = 1,
            });
            using HttpClient client = new(new DnsAwareHandler(new SocketsHttpHandler(), cache: cache));
            using Activity? caller = Source.StartActivity("caller");
            trace = caller!.TraceId;
            await client.Awaiting(c => c.GetStringAsync("http://unknown.test/")).Should().ThrowAsync<HttpRequestException>();
        }

        spans.Where(span => span.TraceId == trace).Select(span => (span.Source.Name, span.DisplayName)).Should().BeEquivalentTo(
            [("System.Net.Http", "GET"), (Source.Name, "caller")]);
    }

    private static TracerProvider Trace(List<Activity> spans) => Sdk.CreateTracerProviderBuilder()
        .AddSource(Source.Name)
        .AddSource("Experimental.System.Net.NameResolution")
        .AddHttpClientInstrumentation()
        .AddInMemoryExporter(spans)
        .Build();
}
