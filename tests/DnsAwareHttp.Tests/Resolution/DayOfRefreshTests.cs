using System.Net.Sockets;
using DnsAwareHttp.Resolution;
using DnsAwareHttp.Tests.Fakes;
using DnsAwareHttp.Tests.Simulation;

namespace DnsAwareHttp.Tests.Resolution;

/// <summary>A day of ten thousand names that are in use, by a clock that is moved by hand.</summary>
[Collection(nameof(Alone))]
public sealed class DayOfRefreshTests
{
    private const int Names = 10_000;
    private static readonly TimeSpan Day = TimeSpan.FromHours(24);
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task TenThousandNames_AreAskedForAsTheirTtlsSay_AndMemoryStaysFlat()
    {
        ManualTimeProvider time = new();
        ScriptedResolver dns = new();
        await using DnsCache cache = new(new DnsCacheOptions { MaxTtl = TimeSpan.FromHours(2), MaxEntries = Names }, dns, time);
        List<NameSubscription> uses = [];
        for (int name = 0; name < Names; name++)
        {
            dns.Says(HostOf(name), TtlOf(name), $"10.{name / 250 / 250}.{name / 250 % 250}.{name % 250}");
            uses.Add(cache.Subscribe(HostOf(name), AddressFamily.Unspecified, static _ => { }));
        }

        await Quiet(cache);
        time.ActiveTimers.Should().Be(1, "one timer serves all names");
        long before = 0;
        for (TimeSpan elapsed = TimeSpan.Zero; elapsed < Day; elapsed += Step)
        {
            time.Advance(Step);
            await Quiet(cache);
            if (elapsed == TimeSpan.FromHours(3))
            {
                before = GC.GetTotalMemory(forceFullCollection: true);
            }
        }

        for (int name = 0; name < Names; name++)
        {
            int most = 1 + (int)(Day.TotalSeconds / TtlOf(name));

            // A question is sent when the clock has stopped for it: a step too late at most.
            int least = (int)(Day.TotalSeconds / (TtlOf(name) + (2 * Step.TotalSeconds)));
            dns.Questions(HostOf(name)).Should().BeInRange(least, most, HostOf(name));
        }

        (GC.GetTotalMemory(forceFullCollection: true) / (double)before).Should().BeLessThan(1.1, "of {0} bytes", before);
        time.ActiveTimers.Should().Be(1);
        uses.ForEach(static use => use.Dispose());
    }

    private static string HostOf(int name) => $"name{name}.test";

    private static int TtlOf(int name) => name % 100 == 0 ? 60 : name % 10 == 0 ? 600 : 3600;

    private static async Task Quiet(DnsCache cache)
    {
        while (!cache.IsQuiet)
        {
            await Task.Yield();
        }
    }
}
