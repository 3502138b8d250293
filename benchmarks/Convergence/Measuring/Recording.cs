using Convergence.Contenders;
using Convergence.Stories;

namespace Convergence.Measuring;

/// <summary>A step that was taken.</summary>
/// <param name="Step">What happened.</param>
/// <param name="At">The timestamp at which it had happened.</param>
internal sealed record TakenStep(Step Step, long At);

/// <summary>How one client fared in one story. All times are timestamps of <see cref="System.Diagnostics.Stopwatch"/>.</summary>
internal sealed record Recording
{
    public required Story Story { get; init; }

    public required Contender Contender { get; init; }

    public required Pace Pace { get; init; }

    /// <summary>The clients that asked, one after the other.</summary>
    public required int Clients { get; init; }

    /// <summary>Since when all clients asked.</summary>
    public required long Began { get; init; }

    public required IReadOnlyList<Sample> Samples { get; init; }

    public required IReadOnlyList<TakenStep> Steps { get; init; }

    /// <summary>How many connections had been opened.</summary>
    public required IReadOnlyList<(long At, int Opened)> Connections { get; init; }

    /// <summary>Queries at the name server per second, in the time without a change.</summary>
    public required double QueriesPerSecond { get; init; }

    public required TimeSpan CpuPerRequest { get; init; }

    public required long BytesPerRequest { get; init; }

    public long Change => Steps[0].At;

    public long End => Samples.Max(sample => sample.Due);
}
