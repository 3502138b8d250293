namespace Convergence.Stories;

/// <summary>What happens in a story.</summary>
internal enum StepKind
{
    /// <summary>The name has these addresses.</summary>
    Says,

    /// <summary>The servers at these addresses are switched off; their connections break.</summary>
    Stop,

    /// <summary>All packets to these addresses are lost.</summary>
    Silence,

    /// <summary>The servers at these addresses are late, and most of their answers are 503.</summary>
    BrownOut,

    /// <summary>The name server answers nothing.</summary>
    DnsFalls,

    /// <summary>The name server answers again.</summary>
    DnsReturns,
}

/// <summary>A thing that happens at a time of the story.</summary>
/// <param name="At">In TTLs, after the change.</param>
/// <param name="Kind">What happens.</param>
/// <param name="Addresses">To whom.</param>
internal sealed record Step(double At, StepKind Kind, params string[] Addresses);
