using System.Collections.Concurrent;
using System.Diagnostics.Tracing;

namespace DnsAwareHttp.FidelityTests;

/// <summary>The runtime's EventSource hears of each request once, as with the bare handler.</summary>
[Collection(nameof(Alone))]
public sealed class EventSourceTests
{
    [Theory]
    [InlineData("200")]
    [InlineData("refused")]
    [InlineData("unknown")]
    [InlineData("broken")]
    public async Task Events_AreTheSame(string what)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer server = trial.Serve(RawServer.Answering(_ => what == "broken" ? "nonsense\r\n" : RawServer.Ok));
            using Recorder recorder = new();
            string host = what == "unknown" ? "unknown.invalid" : "svc.test";
            int port = what == "refused" ? LoopbackServer.FreePort() : server.Port;
            trial.Transcript.Name(port, "PORT");
            using HttpClient client = trial.Client();
            for (int i = 0; i < 2; i++)
            {
                try
                {
                    await client.GetStringAsync($"http://{host}:{port}/");
                }
                catch (HttpRequestException error)
                {
                    trial.Transcript.Write($"{error.HttpRequestError}");
                }
            }

            foreach (string line in recorder.Events.Order(StringComparer.Ordinal))
            {
                trial.Transcript.Write(line);
            }
        });

        seen.Split('\n').Count(line => line.StartsWith("RequestStart")).Should().Be(2);
    }

    private sealed class Recorder : EventListener
    {
        private readonly ConcurrentQueue<string> _events = new();

        public IEnumerable<string> Events => _events;

        protected override void OnEventSourceCreated(EventSource eventSource)
        {
            if (eventSource.Name == "System.Net.Http")
            {
                EnableEvents(eventSource, EventLevel.LogAlways);
            }
        }

        protected override void OnEventWritten(EventWrittenEventArgs eventData) => _events?.Enqueue(
            eventData.EventName == "RequestStart" ? $"RequestStart {string.Join(' ', eventData.Payload!)}"
            : eventData.EventName is "RequestFailed" or "RequestFailedDetailed" or "RequestLeftQueue" or "ConnectionEstablished" ? $"{eventData.EventName}"
            : $"{eventData.EventName} {string.Join(' ', eventData.PayloadNames!)}");
    }
}
