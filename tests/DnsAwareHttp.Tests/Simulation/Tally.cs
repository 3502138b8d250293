namespace DnsAwareHttp.Tests.Simulation;

/// <summary>Counts what happens in a simulation.</summary>
internal sealed class Tally
{
    private readonly long[] _counts = new long[Enum.GetValues<Happening>().Length];

    public long this[Happening happening] => Volatile.Read(ref _counts[(int)happening]);

    public void Count(Happening happening) => Interlocked.Increment(ref _counts[(int)happening]);

    public override string ToString() =>
        string.Join(", ", Enum.GetValues<Happening>().Select(happening => $"{happening} {this[happening]:N0}"));
}
