using System.Diagnostics;
using DnsAwareHttp.Handlers;

namespace DnsAwareHttp.Tests.Handlers;

public sealed class RenewingPropagatorTests
{
    private readonly RenewingPropagator _propagator = new(DistributedContextPropagator.CreateW3CPropagator());

    [Fact]
    public void Inject_KeepsTheCallersOwnOnce_ThenReplaces()
    {
        using HttpRequestMessage request = new() { Headers = { { "traceparent", "own" }, { "X-Other", "kept" } } };

        Inject(request);
        request.Headers.GetValues("traceparent").Should().Equal("own");

        string first = Inject(request);
        string second = Inject(request);

        request.Headers.GetValues("traceparent").Should().Equal(second).And.NotEqual([first]);
        request.Headers.GetValues("X-Other").Should().Equal("kept");
    }

    [Fact]
    public void Inject_IntoWhatIsNoRequest_IsPassedOn()
    {
        Dictionary<string, string> carrier = [];
        using Activity activity = new Activity("caller").SetIdFormat(ActivityIdFormat.W3C).Start();

        _propagator.Inject(activity, carrier, static (to, name, value) => ((Dictionary<string, string>)to!)[name] = value);

        carrier.Should().ContainKey("traceparent");
    }

    [Fact]
    public void Extract_IsTheCallersOwn()
    {
        _propagator.ExtractTraceIdAndState(null, Get, out string? id, out string? state);

        (id, state).Should().Be(("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "a=b"));
        _propagator.ExtractBaggage(null, Get)!.Select(pair => $"{pair.Key}={pair.Value}").Should().Equal("fruit=apple");
        _propagator.Fields.Should().Contain("traceparent");

        static void Get(object? carrier, string name, out string? value, out IEnumerable<string>? values) => (value, values) = (
            name switch { "traceparent" => "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "tracestate" => "a=b", "baggage" => "fruit=apple", _ => null }, null);
    }

    private string Inject(HttpRequestMessage request)
    {
        using Activity activity = new Activity("hop").SetIdFormat(ActivityIdFormat.W3C).Start();
        _propagator.Inject(activity, request, static (to, name, value) =>
        {
            if (to is HttpRequestMessage carrier && !carrier.Headers.Contains(name))
            {
                carrier.Headers.Add(name, value);
            }
        });
        return activity.Id!;
    }
}
