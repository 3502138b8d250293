using System.Net;
using Microsoft.Extensions.Options;

namespace DnsAwareHttp.Tests;

public sealed class EndpointProbeTests
{
    [Theory]
    [InlineData("health")]
    [InlineData("")]
    [InlineData("//other.test/")]
    [InlineData("http://other.test/")]
    [InlineData(null)]
    public void PathThatIsNone_IsRefused(string? path) => Refused(probe => probe.Path = path!).Should().Contain($"Probe.Path is \"{path}\"");

    [Fact]
    public void ValuesOutOfRange_AreRefusedByName()
    {
        Refused(probe => probe.Interval = TimeSpan.FromMilliseconds(999)).Should().Contain("Probe.Interval is 00:00:00.9990000");
        Refused(probe => probe.Interval = TimeSpan.FromDays(2)).Should().Contain("Probe.Interval");
        Refused(probe => probe.Timeout = TimeSpan.Zero).Should().Contain("Probe.Timeout");
        Refused(probe => probe.Timeout = Timeout.InfiniteTimeSpan).Should().Contain("Probe.Timeout");
        Refused(probe => probe.IsHealthy = null!).Should().Contain("Probe.IsHealthy is null");
        Refused(probe => probe.Version = HttpVersion.Version30).Should().Contain("Probe.Version is 3.0; give 1.0, 1.1 or 2.0.");
        Refused(probe => probe.Version = null!).Should().Contain("Probe.Version is null");
        Refused(probe => probe.VersionPolicy = (HttpVersionPolicy)7).Should().Contain("Probe.VersionPolicy is 7");
    }

    [Fact]
    public void ValuesAtTheEdge_AreTaken()
    {
        EndpointProbe probe = new() { Path = "/health?deep=1", Interval = Timeout.InfiniteTimeSpan, Timeout = TimeSpan.FromMinutes(1), Version = HttpVersion.Version20 };

        using DnsAwareHandler handler = new(new SocketsHttpHandler(), new DnsAwareOptions { Probe = probe });
    }

    [Fact]
    public void EachValue_IsCompared()
    {
        Action<EndpointProbe>[] changes =
        [
            static probe => probe.Path = "/b",
            static probe => probe.Interval = TimeSpan.FromSeconds(5),
            static probe => probe.Timeout = TimeSpan.FromSeconds(5),
            static probe => probe.IsHealthy = static _ => true,
            static probe => probe.WarmUp = false,
            static probe => probe.Version = HttpVersion.Version20,
            static probe => probe.VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        ];
        changes.Should().HaveCount(typeof(EndpointProbe).GetProperties().Length);
        EndpointProbe.AreSame(new EndpointProbe(), new EndpointProbe()).Should().BeTrue();
        EndpointProbe.AreSame(null, new EndpointProbe()).Should().BeFalse();
        foreach (Action<EndpointProbe> change in changes)
        {
            EndpointProbe changed = new EndpointProbe().Snapshot();
            change(changed);
            EndpointProbe.AreSame(new EndpointProbe(), changed).Should().BeFalse();
        }
    }

    private static string Refused(Action<EndpointProbe> mistake)
    {
        EndpointProbe probe = new();
        mistake(probe);
        Action act = () => new DnsAwareHandler(new SocketsHttpHandler(), new DnsAwareOptions { Probe = probe }).Dispose();
        return act.Should().Throw<OptionsValidationException>().Which.Message;
    }
}
