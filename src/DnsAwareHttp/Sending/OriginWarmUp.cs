using System.Collections.Immutable;
using DnsAwareHttp.Diagnostics;
using DnsAwareHttp.Endpoints;
using DnsAwareHttp.Pools;

namespace DnsAwareHttp.Sending;

/// <summary>Prepares an origin for its first requests: its answer, and a connection to each endpoint.</summary>
internal static class OriginWarmUp
{
    private const int MaxShown = 8;

    /// <summary>Ends when each endpoint is connected, or cannot be.</summary>
    /// <exception cref="HttpRequestException">The name has no address, or no address can be connected to.</exception>
    public static async Task RunAsync(Origin origin, IOriginEndpoints endpoints, CancellationToken cancellationToken)
    {
        if (endpoints.Current is null)
        {
            NameAnswer answer = await endpoints.AskAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
            if (endpoints.Current is null)
            {
                throw NoAddress.Error(origin, answer);
            }
        }

        ImmutableArray<EndpointPool> pools = [.. endpoints.Current?.All ?? []];
        string?[] failures = await Task.WhenAll(pools.Select(ConnectAsync)).WaitAsync(cancellationToken).ConfigureAwait(false);
        if (failures.Length > 0 && Array.TrueForAll(failures, static failure => failure is not null))
        {
            IEnumerable<string> each = pools.Zip(failures, static (pool, failure) => $"{pool.Address}: {failure}");
            throw new HttpRequestException(
                HttpRequestError.ConnectionError,
                $"None of the {pools.Length} addresses of {origin} could be warmed up: {Examples.Of([.. each], MaxShown, "; ")}");
        }
    }

    // The probe opens the very connection that requests use. Without one, a socket waits for the first request.
    private static async Task<string?> ConnectAsync(EndpointPool pool) => pool.Probes.Run is Func<Task<string?>> probe
        ? await probe().ConfigureAwait(false)
        : (await pool.DialUnlessIdleAsync().ConfigureAwait(false))?.Message;
}
