using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using DnsAwareHttp.Resolution.Sources;
using DnsAwareHttp.Tests.Fakes;

namespace DnsAwareHttp.Tests.Resolution.Sources;

public sealed class MachineNameTests
{
    [Fact]
    public void TheName_IsThatOfTheRuntime() => MachineName.Read().Should().Be(Dns.GetHostName());

    [LinuxFact]
    public void ReadingTheName_StartsNoActivity()
    {
        ConcurrentBag<string> lookups = [];
        using Activity request = new Activity("request").Start();
        using ActivityListener listener = new()
        {
            ShouldListenTo = static source => source.Name == "Experimental.System.Net.NameResolution",
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStarted = activity => lookups.Add(activity.ParentId ?? ""),
        };
        ActivitySource.AddActivityListener(listener);

        _ = Dns.GetHostName();
        lookups.Where(parent => parent == request.Id).Should().HaveCount(1, "the runtime's way is heard");
        _ = MachineName.Read();

        lookups.Where(parent => parent == request.Id).Should().HaveCount(1);
    }
}
