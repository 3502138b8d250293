using System.Diagnostics;
using Convergence.Stories;

namespace Convergence.Measuring;

/// <summary>How long after a change each client was as the story wants it.</summary>
internal static class FreshnessOf
{
    /// <summary>What was not so until the end never was.</summary>
    public static readonly TimeSpan Never = TimeSpan.MaxValue;

    /// <summary>A request that takes longer has done harm.</summary>
    private static readonly TimeSpan Harm = TimeSpan.FromMilliseconds(500);

    private static readonly TimeSpan Tail = TimeSpan.FromMilliseconds(300);

    /// <summary>A value for each client, or for each client and change; in order.</summary>
    public static IReadOnlyList<TimeSpan> Clients(Recording recording)
    {
        ILookup<int, Sample> clients = recording.Samples.ToLookup(sample => sample.Turn % recording.Clients);
        IEnumerable<TimeSpan> times = recording.Story.Freshness switch
        {
            Freshness.LastOnOldAddress => clients.SelectMany(client => Departures(recording).Select(left => After(recording, left.At, client.Where(sample => left.Addresses.Contains(sample.Address))))),
            Freshness.AllNewAddresses => clients.Select(client => UntilAllAnswered(recording, [.. client])),
            Freshness.LastHarm => clients.Select(client => After(recording, recording.Change, client.Where(sample => sample.HasFailed || sample.Duration > Harm))),
            _ => [],
        };
        return [.. times.Order()];
    }

    private static TimeSpan After(Recording recording, long change, IEnumerable<Sample> bad)
    {
        long last = bad.Select(sample => sample.Due).Where(due => due > change).DefaultIfEmpty(change).Max();
        return last > change && Stopwatch.GetElapsedTime(last, recording.End) < Tail ? Never : Stopwatch.GetElapsedTime(change, last);
    }

    private static TimeSpan UntilAllAnswered(Recording recording, Sample[] client)
    {
        long[] firsts = [.. recording.Story.Addresses.Except(recording.Story.First).Select(address =>
            client.Where(sample => sample.Due > recording.Change && sample.Address == address).Select(sample => sample.Due).DefaultIfEmpty(long.MaxValue).Min())];
        return firsts.Max() == long.MaxValue ? Never : Stopwatch.GetElapsedTime(recording.Change, firsts.Max());
    }

    private static IEnumerable<(string[] Addresses, long At)> Departures(Recording recording)
    {
        string[] present = recording.Story.First;
        foreach (TakenStep taken in recording.Steps.Where(taken => taken.Step.Kind == StepKind.Says))
        {
            yield return ([.. present.Except(taken.Step.Addresses)], taken.At);
            present = taken.Step.Addresses;
        }
    }
}
