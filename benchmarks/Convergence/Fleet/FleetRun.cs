using System.Net;
using DnsAwareHttp.Resolution;

namespace Convergence.Fleet;

/// <summary>A fleet of clients that follow one name through caching resolvers, on a clock of its own, with the library's own rules of when to ask.</summary>
/// <param name="Clients">How many there are.</param>
/// <param name="Resolvers">The caches between them and the authority; each client has one of them.</param>
/// <param name="Start">The seconds over which the clients begin; 0: all at one moment, as after an outage.</param>
/// <param name="HasJitter">Whether they ask by the library's rule, or at the very end of the TTL.</param>
internal sealed record FleetRun(int Clients, int Resolvers, double Start, bool HasJitter)
{
    public const int Ttl = 30;

    private const double Flip = 600.4;
    private const double End = Flip + (2.5 * Ttl);
    private static readonly DnsCacheOptions Options = new();

    /// <summary>How long after the flip each client knew of it, in seconds and in order. Then it opens its connections.</summary>
    public double[] Followed { get; private set; } = [];

    public double[] ClientQuestions { get; private set; } = [];

    public double[] AuthorityQuestions { get; private set; } = [];

    /// <summary>The same for each run with the same values.</summary>
    public FleetRun Play()
    {
        Random random = new(11);
        CachingResolver[] resolvers = [.. Enumerable.Range(0, Resolvers).Select(_ => new CachingResolver(now => now >= Flip ? 1 : 0, Ttl, random.Next(Ttl)))];
        PriorityQueue<int, double> due = new();
        due.EnqueueRange(Enumerable.Range(0, Clients).Select(client => (client, 0.7 + (Start * random.NextDouble()))));
        double[] followed = new double[Clients];
        List<double> questions = [];
        while (due.TryDequeue(out int client, out double now) && now < End)
        {
            questions.Add(now);
            (int version, int ttl) = resolvers[client % Resolvers].Answer(now);
            followed[client] = version == 1 && followed[client] == 0 ? now - Flip : followed[client];
            due.Enqueue(client, now + Pause(ttl, random).TotalSeconds);
        }

        Followed = [.. followed.Order()];
        ClientQuestions = [.. questions.Where(time => time is > Flip - 120 and < Flip)];
        AuthorityQuestions = [.. resolvers.SelectMany(resolver => resolver.Questions).Where(time => time is > Flip - 120 and < Flip)];
        return this;
    }

    /// <summary>How many of these times are in the bin that has most of them.</summary>
    public static int Peak(IEnumerable<double> times, double bin) => times.CountBy(time => (long)(time / bin)).Select(pair => pair.Value).DefaultIfEmpty(0).Max();

    private TimeSpan Pause(int ttl, Random random)
    {
        TimeSpan lifetime = TtlPolicy.Lifetime(new Answer.Found([IPAddress.Loopback], TimeSpan.FromSeconds(ttl)), Options);
        return HasJitter ? lifetime + TtlPolicy.Jitter(lifetime, random) : lifetime;
    }
}
