using System.Collections.Immutable;
using System.Net;

namespace DnsAwareHttp.Membership;

/// <summary>The evidence of the answers about one name so far: whether each answer is the whole set or a sample of it.</summary>
/// <remarks>It is immutable. Its size is bounded, whatever the answers are.</remarks>
internal sealed class AnswerHistory
{
    /// <summary>Addresses beside the members that are remembered. The history forgets addresses that it saw longest ago.</summary>
    public const int MaxOthers = 64;

    private readonly AdaptiveParameters _parameters;
    private readonly ImmutableArray<AnswerDelta> _window;
    private readonly Dictionary<IPAddress, AddressHistory> _addresses;

    // Samples of a very large set hardly ever return. A set of several addresses is not replaced as a whole with answer after answer.
    private readonly bool _isWhollyNew;

    /// <summary>The history before the first answer.</summary>
    public AnswerHistory(AdaptiveParameters parameters)
        : this(parameters, 0, [], [], null, 0)
    {
    }

    private AnswerHistory(
        AdaptiveParameters parameters,
        int count,
        ImmutableArray<AnswerDelta> window,
        IEnumerable<AddressHistory> addresses,
        ReplacementRun? replacement,
        double longestAbsence)
    {
        _parameters = parameters;
        Count = count;
        _window = window;
        _addresses = addresses.ToDictionary(address => address.Address);
        Replacement = replacement;
        LongestAbsence = longestAbsence;
        _isWhollyNew = HasRun(delta => delta.IsAllNew && delta.Size >= _parameters.MinSampleSize);
    }

    /// <summary>The number of answers so far, which is the number of the latest answer.</summary>
    public int Count { get; }

    /// <summary>The latest answers that had no address known before them; null when the latest answer has a known address.</summary>
    public ReplacementRun? Replacement { get; }

    /// <summary>The longest absence that ended, in answers. It fades, so that an old one loses weight; 0 before the first.</summary>
    public double LongestAbsence { get; }

    /// <summary>The addresses that are remembered, members or not.</summary>
    public IReadOnlyCollection<AddressHistory> Addresses => _addresses.Values;

    /// <summary>Whether the answers are samples of a larger set.</summary>
    /// <remarks>Then lost addresses return soon and often, or most addresses of each answer are new.</remarks>
    public bool Rotates => Regains || IsMostlyNew || _isWhollyNew;

    /// <summary>The longest absence that ended, as far as the answers can show it, in answers.</summary>
    /// <remarks>
    /// Samples of a very large set do not show it: there it is the window. Of an absence that did not end yet, no more answers count as
    /// chances to return. They would tell that addresses return rarely, although none returned at all.
    /// </remarks>
    public double LongestExpected => Math.Max(LongestAbsence, _isWhollyNew ? _parameters.Window : 0);

    /// <summary>The answers that an absence may last at most: a multiple of the longest that ended, and the one that began it.</summary>
    public double Patience => (_parameters.PatienceFactor * LongestExpected) + 1;

    // A set that grows and shrinks by the same addresses loses and regains them too, but seldom and for long.
    private bool Regains
    {
        get
        {
            int lost = _window.Sum(delta => delta.Lost), returned = _window.Sum(delta => delta.Returned);
            bool isFrequent = _window.Count(delta => delta.Lost > 0) >= _parameters.MinLossyShare * _window.Length
                || _window.Sum(delta => delta.ReturnedSoon) >= _parameters.MinShortAbsences;
            return returned > 0 && returned >= _parameters.MinReturnedShare * lost && isFrequent;
        }
    }

    // In a sequence of whole sets answers repeat, and in a chain of new addresses no address returns.
    private bool IsMostlyNew =>
        _window.Sum(delta => delta.Returned) >= _parameters.MinNewReturns && HasRun(delta => delta.IsMostlyNew);

    /// <summary>The mean number of addresses that an answer loses.</summary>
    public double LostPerAnswer => _window.IsEmpty ? 0 : _window.Average(delta => delta.Lost);

    /// <summary>The history of one address; null when it is unknown or forgotten.</summary>
    public AddressHistory? Of(IPAddress address) => _addresses.TryGetValue(address, out AddressHistory history) ? history : null;

    /// <summary>The history after one more answer.</summary>
    /// <param name="answer">The addresses of the answer, each once.</param>
    /// <param name="members">Addresses that are never forgotten.</param>
    public AnswerHistory With(ImmutableArray<IPAddress> answer, HashSet<IPAddress> members)
    {
        int number = Count + 1;
        HashSet<IPAddress> unseen = [.. answer];
        List<AddressHistory> addresses = new(_addresses.Count + answer.Length);
        int lost = 0, before = 0, returned = 0, soon = 0, known = 0, longest = 0;
        foreach (AddressHistory address in _addresses.Values)
        {
            bool wasThere = address.Last == Count;
            before += wasThere ? 1 : 0;
            if (!unseen.Remove(address.Address))
            {
                lost += wasThere ? 1 : 0;
                addresses.Add(address);
                continue;
            }

            returned += wasThere ? 0 : 1;
            longest = Math.Max(longest, address.MissesAt(Count));
            soon += !wasThere && address.WasBrief(number, _parameters.MaxShortAbsence) ? 1 : 0;
            known += Replacement is null || address.First < Replacement.Start ? 1 : 0;
            addresses.Add(address.SeenAgain(number, _parameters.MaxChances));
        }

        addresses.AddRange(unseen.Select(address => AddressHistory.New(address, number)));
        bool isMostlyNew = before > 0 && lost * 2 >= before && unseen.Count * 2 >= answer.Length;
        bool isAllNew = before > 0 && unseen.Count == answer.Length;
        AnswerDelta delta = new(lost, returned, soon, longest, isMostlyNew, isAllNew, answer.Length);
        ReplacementRun? replacement = known > 0 || Count == 0 ? null : (Replacement ?? ReplacementRun.From(number))
            .With(answer.Length, unseen.Count, members.Count, NewcomerProbability());
        return new AnswerHistory(
            _parameters, number, Count == 0 ? _window : Appended(delta), Bounded(addresses, members), replacement, Faded(longest));
    }

    private double Faded(int longest) => Math.Max(longest, LongestAbsence * Math.Pow(0.5, 1.0 / _parameters.PatienceHalfLife));

    private bool HasRun(Func<AnswerDelta, bool> isNew)
    {
        int run = 0;
        foreach (AnswerDelta delta in _window)
        {
            run = isNew(delta) ? run + 1 : 0;
            if (run >= _parameters.MinNewRun)
            {
                return true;
            }
        }

        return false;
    }

    private ImmutableArray<AnswerDelta> Appended(AnswerDelta delta) => [.. _window.Skip(_window.Length - (_parameters.Window - 1)), delta];

    // How often an answer had no known address, by the rule of succession: never 0. Where such answers are usual, they are no evidence.
    private double NewcomerProbability()
    {
        double probability = (_window.Count(delta => delta.IsAllNew) + 1.0) / (_window.Length + 2.0);
        return probability > _parameters.MaxNewcomerProbability ? 1 : probability;
    }

    private static IEnumerable<AddressHistory> Bounded(List<AddressHistory> addresses, HashSet<IPAddress> members)
    {
        if (addresses.Count <= MaxOthers)
        {
            return addresses;
        }

        HashSet<IPAddress> forgotten =
        [
            .. addresses.Where(address => !members.Contains(address.Address))
                .OrderByDescending(address => address.Last)
                .Skip(MaxOthers)
                .Select(address => address.Address),
        ];
        return addresses.Where(address => !forgotten.Contains(address.Address));
    }
}
