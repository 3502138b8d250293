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

    /// <summary>The history before the first answer.</summary>
    public AnswerHistory(AdaptiveParameters parameters)
        : this(parameters, 0, [], [], null)
    {
    }

    private AnswerHistory(
        AdaptiveParameters parameters,
        int count,
        ImmutableArray<AnswerDelta> window,
        IEnumerable<AddressHistory> addresses,
        ReplacementRun? replacement)
    {
        _parameters = parameters;
        Count = count;
        _window = window;
        _addresses = addresses.ToDictionary(address => address.Address);
        Replacement = replacement;
    }

    /// <summary>The number of answers so far, which is the number of the latest answer.</summary>
    public int Count { get; }

    /// <summary>The latest answers that had no address known before them; null when the latest answer has a known address.</summary>
    public ReplacementRun? Replacement { get; }

    /// <summary>The addresses that are remembered, members or not.</summary>
    public IReadOnlyCollection<AddressHistory> Addresses => _addresses.Values;

    /// <summary>Whether the answers are samples of a larger set.</summary>
    /// <remarks>Then lost addresses return soon and often, or most addresses of each answer are new.</remarks>
    public bool Rotates
    {
        get
        {
            int lost = 0, returned = 0, soon = 0, lossy = 0, run = 0, longest = 0;
            foreach (AnswerDelta delta in _window)
            {
                lost += delta.Lost;
                returned += delta.Returned;
                soon += delta.ReturnedSoon;
                lossy += delta.Lost > 0 ? 1 : 0;
                run = delta.IsMostlyNew ? run + 1 : 0;
                longest = Math.Max(longest, run);
            }

            // A set that grows and shrinks by the same addresses loses and regains them too, but seldom and for long.
            bool isFrequent = lossy >= _parameters.MinLossyShare * _window.Length || soon >= _parameters.MinShortAbsences;
            bool regains = returned > 0 && returned >= _parameters.MinReturnedShare * lost && isFrequent;

            // In a sequence of whole sets, answers repeat. Samples of a very large set do not repeat.
            return regains || longest >= _parameters.MinNewRun;
        }
    }

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
        int lost = 0, before = 0, returned = 0, soon = 0, known = 0;
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
            soon += !wasThere && address.WasBrief(number, _parameters.MaxShortAbsence) ? 1 : 0;
            known += Replacement is null || address.First < Replacement.Start ? 1 : 0;
            addresses.Add(address.SeenAgain(number, _parameters.MaxChances));
        }

        addresses.AddRange(unseen.Select(address => AddressHistory.New(address, number)));
        bool isMostlyNew = before > 0 && lost * 2 >= before && unseen.Count * 2 >= answer.Length;
        AnswerDelta delta = new(lost, returned, soon, isMostlyNew, IsAllNew: before > 0 && unseen.Count == answer.Length);
        ReplacementRun? replacement = known > 0 || Count == 0 ? null : (Replacement ?? ReplacementRun.From(number))
            .With(answer.Length, unseen.Count, members.Count, NewcomerProbability());
        return new AnswerHistory(_parameters, number, Count == 0 ? _window : Appended(delta), Bounded(addresses, members), replacement);
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
