namespace Convergence.Fleet;

/// <summary>A caching name server as unbound and BIND are: its clock and its TTLs have whole seconds.</summary>
/// <param name="authority">The version of the addresses at a time.</param>
/// <param name="ttl">That of the authority.</param>
/// <param name="expiry">The end of an answer that others asked for before.</param>
internal sealed class CachingResolver(Func<double, int> authority, int ttl, double expiry)
{
    private int _version;
    private double _expiry = expiry;

    /// <summary>The times of its questions to the authority.</summary>
    public List<double> Questions { get; } = [];

    /// <summary>Which addresses it answers, and for how long they may be believed.</summary>
    public (int Version, int Ttl) Answer(double now)
    {
        double second = Math.Floor(now);
        if (second >= _expiry)
        {
            _version = authority(now);
            _expiry = second + ttl;
            Questions.Add(now);
        }

        return (_version, (int)(_expiry - second));
    }
}
