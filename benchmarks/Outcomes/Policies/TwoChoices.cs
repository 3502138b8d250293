namespace DnsAwareHttp.OutcomesBenchmark.Policies;

/// <summary>Least requests, as the library picks: the less busy of the next server in turn and one drawn at random.</summary>
/// <param name="servers">The number of servers.</param>
/// <param name="random">Draws.</param>
internal abstract class TwoChoices(int servers, Random random) : IOutcomePolicy
{
    private readonly long[] _load = new long[servers];
    private int[] _usable = [.. Enumerable.Range(0, servers)];
    private uint _turn = (uint)random.Next();

    protected int Servers => servers;

    protected Random Random => random;

    public abstract bool IsOut(int server);

    public virtual int Pick(double now)
    {
        int[] usable = _usable;
        if (usable.Length <= 1)
        {
            return usable.Length == 0 ? -1 : usable[0];
        }

        int first = (int)(_turn++ % (uint)usable.Length);
        int second = random.Next(usable.Length - 1);
        second += second >= first ? 1 : 0;
        (int one, int other) = (usable[first], usable[second]);
        (int less, int more) = _load[other] < _load[one] ? (other, one) : (one, other);
        return Share(less) < Share(more) && random.NextDouble() >= Share(less) / Share(more) ? more : less;
    }

    public virtual void OnSent(int server) => _load[server]++;

    public virtual void OnEnded(int server, bool failed, double now) => _load[server]--;

    public virtual void Tick(double now)
    {
    }

    /// <summary>The part of its requests that a server takes.</summary>
    protected virtual double Share(int server) => 1;

    /// <summary>From now on these are used.</summary>
    protected void Use(IEnumerable<int> usable) => _usable = [.. usable];

    protected long LoadOf(int server) => _load[server];
}

/// <summary>No rule: every server is always used.</summary>
internal sealed class NoRule(int servers, Random random) : TwoChoices(servers, random)
{
    public override bool IsOut(int server) => false;
}
