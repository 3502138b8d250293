using System.Collections.Immutable;
using DnsAwareHttp.Membership;

namespace DnsAwareHttp.MembershipBenchmark;

/// <summary>Runs <c>Adaptive</c> with other parameters over the same traces.</summary>
/// <remarks><c>Strict</c> and <c>Logical</c>, the references, run once.</remarks>
internal sealed class SensitivityStudy
{
    private readonly IReadOnlyList<Trace> _traces;
    private readonly int _seeds;
    private readonly int _maxMembers;
    private readonly ImmutableArray<ImmutableArray<Cell>> _references;

    public SensitivityStudy(BenchmarkOptions options)
    {
        _traces = TraceCatalogue.Matching(options.Only);
        _seeds = options.Seeds;
        _maxMembers = options.MaxMembers;
        NamedPolicy[] references = [PolicyCatalogue.Named(PolicyCatalogue.Strict), PolicyCatalogue.Named(PolicyCatalogue.Logical)];
        _references = Contest.Run(_traces, references, _seeds, _maxMembers);
    }

    public Outcome With(AdaptiveParameters parameters)
    {
        ImmutableArray<ImmutableArray<Cell>> rows = Contest.Run(_traces, [PolicyCatalogue.AdaptiveWith(parameters)], _seeds, _maxMembers);
        return Outcome.Of([.. rows.Zip(_references, (own, reference) => new Trial(own[0], reference[0], reference[1]))]);
    }
}
