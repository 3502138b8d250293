using Connecting.Clients;

namespace Connecting.Load;

/// <summary>First requests of new clients, one client after the other.</summary>
internal static class ColdStarts
{
    /// <summary>Each address comes first equally often.</summary>
    public static async Task<Samples> RunAsync(Func<string[], Contender> make, string[] addresses, int rounds)
    {
        List<Sample> samples = [];
        for (int i = 0; i < rounds * addresses.Length; i++)
        {
            int first = i % addresses.Length;
            samples.Add(await RunAsync(() => make([.. addresses[first..], .. addresses[..first]])));
        }

        return new Samples(samples);
    }

    /// <summary>The addresses stay in the order in which they are.</summary>
    public static async Task<Samples> RunAsync(Func<Contender> make, int count)
    {
        List<Sample> samples = [];
        for (int i = 0; i < count; i++)
        {
            samples.Add(await RunAsync(make));
        }

        return new Samples(samples);
    }

    private static async Task<Sample> RunAsync(Func<Contender> make)
    {
        using Contender client = make();
        return await SteadyLoad.AskAsync(client.AskAsync);
    }
}
