using Connecting.Clients;

namespace Connecting.Load;

/// <summary>The same load on two clients at the same time: whatever else this machine does hits both.</summary>
/// <param name="Unhealthy">That of the client whose addresses are not all well.</param>
/// <param name="Healthy">That of the client whose addresses are.</param>
internal sealed record SideBySide(Samples Unhealthy, Samples Healthy)
{
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(3);

    public static async Task<SideBySide> RunAsync(Contender unhealthy, Contender healthy, int perSecond, TimeSpan duration)
    {
        await BothAsync(WarmUp);
        return await BothAsync(duration);

        async Task<SideBySide> BothAsync(TimeSpan time)
        {
            Task<Samples> first = SteadyLoad.RunAsync(unhealthy.AskAsync, perSecond, time);
            Task<Samples> second = SteadyLoad.RunAsync(healthy.AskAsync, perSecond, time);
            return new SideBySide(await first, await second);
        }
    }
}
