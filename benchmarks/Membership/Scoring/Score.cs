using System.Collections.Immutable;

namespace DnsAwareHttp.MembershipBenchmark;

/// <summary>How a policy did on one run of a trace.</summary>
internal sealed record Score
{
    /// <summary>While that many answers arrive, a policy may still be learning.</summary>
    public const int LearningAnswers = 100;

    /// <summary>Answers that arrived.</summary>
    public required int Answers { get; init; }

    /// <summary>Times that an address went out of service or returned to it.</summary>
    public required int Changes { get; init; }

    /// <summary>Members let go.</summary>
    public required int Departures { get; init; }

    /// <summary>Members let go that were in service.</summary>
    public required int Needless { get; init; }

    /// <summary>Those of them after the first <see cref="LearningAnswers"/>.</summary>
    public required int NeedlessAfterLearning { get; init; }

    /// <summary>Members that went out of service.</summary>
    public required ImmutableArray<Removal> Removals { get; init; }

    /// <summary>Requests sent to members that were out of service.</summary>
    public required double RequestsToRemoved { get; init; }

    /// <summary>The most members at a time: each has a pool.</summary>
    public required int PeakPools { get; init; }

    public double NeedlessPerThousand => Answers == 0 ? 0 : 1_000.0 * Needless / Answers;
}
