namespace DnsAwareHttp.FidelityTests;

/// <summary>Runs a case with a bare handler and with ours: both must see the same.</summary>
internal static class Twice
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    /// <summary>Runs it with bare names too: what resolves and dials is the runtime's own where the case uses literals and localhost only.</summary>
    public static Task<string> SameWithoutNamesAsync(Func<Trial, Task> scenario) => SameAsync(scenario, static isOurs => new Trial(isOurs) { NeedsNames = false });

    /// <summary>Runs a case twice.</summary>
    /// <param name="scenario">Starts servers, sends requests, writes what it sees.</param>
    /// <returns>The transcript of both, to assert what it must contain: two sides that see nothing are the same as well.</returns>
    public static Task<string> SameAsync(Func<Trial, Task> scenario) => SameAsync(scenario, static isOurs => new Trial(isOurs));

    /// <summary>Runs a case twice, with trials made otherwise.</summary>
    public static async Task<string> SameAsync(Func<Trial, Task> scenario, Func<bool, Trial> makeTrial)
    {
        string bare = await RunAsync(scenario, makeTrial(false));
        string ours = await RunAsync(scenario, makeTrial(true));
        ours.Should().Be(bare);
        return ours;
    }

    private static async Task<string> RunAsync(Func<Trial, Task> scenario, Trial trial)
    {
        await using (trial)
        {
            await scenario(trial).WaitAsync(Deadline);
            return trial.Transcript.ToString();
        }
    }
}
