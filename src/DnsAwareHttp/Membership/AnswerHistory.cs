using System.Collections.Immutable;
using System.Net;

namespace DnsAwareHttp.Membership;

/// <summary>What the answers about one name have shown so far: whether each is the whole set or a sample of it. Immutable, and of bounded size whatever the churn.</summary>
internal sealed class AnswerHistory
{
    /// <summary>So many answers are remembered.</summary>
    public const int Window = 64;

    /// <summary>So many addresses that are no members are remembered, those seen last.</summary>
    public const int MaxStrangers = 64;

    public static readonly AnswerHistory None = new(0, [], [], null);

    private readonly ImmutableArray<AnswerShape> _window;
    private readonly Dictionary<IPAddress, Sighting> _sightings;

    private AnswerHistory(int count, ImmutableArray<AnswerShape> window, IEnumerable<Sighting> sightings, Takeover? takeover)
    {
        Count = count;
        _window = window;
        _sightings = sightings.ToDictionary(sighting => sighting.Address);
        Takeover = takeover;
    }

    /// <summary>Answers seen.</summary>
    public int Count { get; }

    /// <summary>The answers since the last one that had an address known before them; null when the latest one has such.</summary>
    public Takeover? Takeover { get; }

    /// <summary>What is remembered of addresses, whether they are members or not.</summary>
    public IReadOnlyCollection<Sighting> Sightings => _sightings.Values;

    /// <summary>Whether the answers are samples of a larger set: what is lost comes back, soon and often, or each answer brings mostly new ones.</summary>
    public bool Rotates
    {
        get
        {
            int lost = 0, returned = 0, soon = 0, lossy = 0, run = 0, longest = 0;
            foreach (AnswerShape shape in _window)
            {
                lost += shape.Lost;
                returned += shape.Returned;
                soon += shape.ReturnedSoon;
                lossy += shape.Lost > 0 ? 1 : 0;
                run = shape.IsMostlyNew ? run + 1 : 0;
                longest = Math.Max(longest, run);
            }

            // A set that grows and shrinks by the same addresses loses and regains them too, but seldom, and after a while.
            bool regains = returned > 0 && returned * 4 >= lost && (lossy * 2 >= _window.Length || soon >= 2);

            // Whole sets that follow one another are asked for more than once each; samples of a very large set are not.
            return regains || longest >= 3;
        }
    }

    /// <summary>How many addresses an answer lacks, on average, that the one before it had.</summary>
    public double LostPerAnswer => _window.IsEmpty ? 0 : _window.Average(shape => shape.Lost);

    /// <summary>What is known of an address; null when it was never seen, or forgotten.</summary>
    public Sighting? Of(IPAddress address) => _sightings.TryGetValue(address, out Sighting sighting) ? sighting : null;

    /// <summary>The history after one more answer.</summary>
    /// <param name="answer">The addresses that it has, none twice.</param>
    /// <param name="members">Those remembered whatever happens.</param>
    public AnswerHistory With(ImmutableArray<IPAddress> answer, HashSet<IPAddress> members)
    {
        int number = Count + 1;
        HashSet<IPAddress> unseen = [.. answer];
        List<Sighting> sightings = new(_sightings.Count + answer.Length);
        int lost = 0, before = 0, returned = 0, soon = 0, old = 0;
        foreach (Sighting sighting in _sightings.Values)
        {
            bool wasThere = sighting.Last == Count;
            before += wasThere ? 1 : 0;
            if (!unseen.Remove(sighting.Address))
            {
                lost += wasThere ? 1 : 0;
                sightings.Add(sighting);
                continue;
            }

            returned += wasThere ? 0 : 1;
            soon += !wasThere && sighting.IsShort(number) ? 1 : 0;
            old += Takeover is null || sighting.First < Takeover.Start ? 1 : 0;
            sightings.Add(sighting.SeenAgain(number));
        }

        sightings.AddRange(unseen.Select(address => Sighting.New(address, number)));
        AnswerShape shape = new(lost, returned, soon, lost * 2 >= before && unseen.Count * 2 >= answer.Length && before > 0, unseen.Count == answer.Length && before > 0);
        return new AnswerHistory(
            number,
            Count == 0 ? _window : [.. _window.Skip(_window.Length - (Window - 1)), shape],
            Bounded(sightings, members),
            old > 0 || Count == 0 ? null : (Takeover ?? new Takeover(number, 0, 1)).With(answer.Length, unseen.Count, members.Count, ChanceOfStrangers()));
    }

    // How often an answer had nobody known, taken carefully: never 0; and where that is the rule it tells nothing, however long it lasts.
    private double ChanceOfStrangers()
    {
        double chance = (_window.Count(shape => shape.IsAllNew) + 1.0) / (_window.Length + 2.0);
        return chance > 0.6 ? 1 : chance;
    }

    private static IEnumerable<Sighting> Bounded(List<Sighting> sightings, HashSet<IPAddress> members)
    {
        if (sightings.Count <= MaxStrangers)
        {
            return sightings;
        }

        HashSet<IPAddress> forgotten = [.. sightings.Where(sighting => !members.Contains(sighting.Address)).OrderByDescending(sighting => sighting.Last).Skip(MaxStrangers).Select(sighting => sighting.Address)];
        return sightings.Where(sighting => !forgotten.Contains(sighting.Address));
    }
}
