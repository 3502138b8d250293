using System.Collections.Immutable;
using System.Net;

namespace DnsAwareHttp.MembershipBenchmark;

/// <summary>Writes a trace down, step by step; addresses are numbers here.</summary>
internal sealed class TraceBuilder
{
    public static readonly TimeSpan Ttl = TimeSpan.FromSeconds(30);
    public static readonly DateTimeOffset Start = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly ImmutableArray<Step>.Builder _steps = ImmutableArray.CreateBuilder<Step>();
    private readonly Dictionary<int, IPAddress> _known = [];
    private readonly List<IPAddress> _removed = [];
    private readonly List<IPAddress> _returned = [];
    private bool _sourcesChanged;

    public ImmutableArray<Step> Steps => _steps.ToImmutable();

    /// <summary>From the next answer on these are out of service.</summary>
    public void Remove(params IEnumerable<int> numbers) => _removed.AddRange(numbers.Select(Address));

    /// <summary>From the next answer on these, which were removed, are in service again.</summary>
    public void Return(params IEnumerable<int> numbers) => _returned.AddRange(numbers.Select(Address));

    /// <summary>The next answer is of other name servers.</summary>
    public void ChangeSources() => _sourcesChanged = true;

    /// <summary>The next answer, one TTL after the one before.</summary>
    public void Say(params IEnumerable<int> numbers)
    {
        _steps.Add(new Step(Start + (_steps.Count * Ttl), [.. numbers.Select(Address)], [.. _removed], [.. _returned])
        {
            IsOfOtherSources = _sourcesChanged,
        });
        _sourcesChanged = false;
        _removed.Clear();
        _returned.Clear();
    }

    /// <summary>So many answers with the same addresses, each in an order of its own.</summary>
    public void SayShuffled(int times, Random random, params IEnumerable<int> numbers)
    {
        int[] order = [.. numbers];
        for (int i = 0; i < times; i++)
        {
            random.Shuffle(order);
            Say(order);
        }
    }

    // One object for each address: it keeps its hash code, which policies ask for all the time.
    private IPAddress Address(int number)
    {
        if (!_known.TryGetValue(number, out IPAddress? address))
        {
            address = new IPAddress([10, (byte)(number >> 16), (byte)(number >> 8), (byte)number]);
            _known.Add(number, address);
        }

        return address;
    }
}
