using System.Net.Sockets;
using DnsAwareHttp.Balancing;
using DnsAwareHttp.Endpoints;
using DnsAwareHttp.Pools;
using DnsAwareHttp.Resolution;

namespace DnsAwareHttp.Tests.Fakes;

/// <summary>Offers the endpoints that the test says, and keeps what it is told.</summary>
internal sealed class FakeOriginEndpoints : IOriginEndpoints
{
    /// <summary>Read in place of <see cref="Current"/>, which is then the latest value of this.</summary>
    public Func<EndpointSet?>? NextSet { get; set; }

    public EndpointSet? Set { get; set; }

    public EndpointSet? Current => NextSet is null ? Set : Set = NextSet();

    public bool IsClosed { get; set; }

    public TaskCompletionSource KnownSource { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Known => KnownSource.Task;

    public TaskCompletionSource<NameAnswer> Question { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public AddressFamily PreferredFamily { get; private set; } = AddressFamily.Unspecified;

    public AnswerSnapshot? LatestAnswer => null;

    public List<EndpointPool> Hints { get; } = [];

    /// <summary>Makes a set of these pools. Picks the first one.</summary>
    public static EndpointSet Offer(params EndpointPool[] pools) =>
        EndpointSet.Of([.. pools.Select(pool => new EndpointPlacement(pool))], LoadBalancingPolicy.PickFirst, new Random(1), null)!;

    public void Start()
    {
    }

    /// <summary>The answers that were asked for, by their freshness.</summary>
    public List<Freshness> Asked { get; } = [];

    /// <summary>Called when a fresh answer is asked for; null: the wait ends at once.</summary>
    public Func<Freshness, Task>? OnAsked { get; set; }

    public async Task<NameAnswer> AskAsync(Freshness freshness = default)
    {
        if (freshness == Freshness.Believed)
        {
            return await Question.Task;
        }

        Asked.Add(freshness);
        await (OnAsked?.Invoke(freshness) ?? Task.CompletedTask);
        return default;
    }

    public void Hint(EndpointPool pool) => Hints.Add(pool);

    public void PreferFamily(AddressFamily family) => PreferredFamily = family;

    public Action OnSample { get; set; } = static () => { };

    public void Sample() => OnSample();

    public bool Close(DepartureReason reason, string detail) => IsClosed = true;
}
