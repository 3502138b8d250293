using System.Collections.Immutable;
using System.Net;

namespace DnsAwareHttp;

/// <summary>
/// The addresses that one request of the application has tried. A retry or a hedge of it carries them in its
/// <see cref="HttpRequestMessage.Options"/>, and goes elsewhere.
/// </summary>
/// <remarks>
/// A request gets them with its first failure. Code that sends copies at a time must give them to the request before it is copied.
/// </remarks>
internal sealed class TriedEndpoints
{
    /// <summary>Many more addresses than anybody retries. A message that is sent again for ever must not grow.</summary>
    private const int MaxAddresses = 64;

    private static readonly HttpRequestOptionsKey<TriedEndpoints> Key = new("DnsAwareHttp.TriedEndpoints");

    private ImmutableArray<IPEndPoint> _addresses = [];

    public bool IsEmpty => _addresses.IsEmpty;

    /// <summary>What a request carries; null: it was not tried, or not by code that tells.</summary>
    public static TriedEndpoints? Of(HttpRequestMessage request) =>
        CarriedOptions.TryGet(request, Key, out TriedEndpoints? tried) ? tried : null;

    /// <summary>Lets a request, and each copy that keeps its options, carry the addresses.</summary>
    public static TriedEndpoints GiveTo(HttpRequestMessage request)
    {
        if (Of(request) is TriedEndpoints carried)
        {
            return carried;
        }

        TriedEndpoints tried = new();
        request.Options.Set(Key, tried);
        return tried;
    }

    public bool Contains(IPEndPoint address) => _addresses.Contains(address);

    /// <summary>The request goes there.</summary>
    public void Add(IPEndPoint address) => ImmutableInterlocked.Update(
        ref _addresses,
        static (addresses, added) => addresses.Contains(added) ? addresses.Remove(added).Add(added)
            : addresses.Length < MaxAddresses ? addresses.Add(added)
            : addresses.RemoveAt(0).Add(added),
        address);

    /// <summary>All were tried. The next attempt avoids only the last one.</summary>
    public void BeginNextRound() => ImmutableInterlocked.Update(
        ref _addresses, static addresses => addresses.Length > 1 ? [addresses[^1]] : addresses);
}
