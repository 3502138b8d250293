using System.Collections.Immutable;
using System.Net;
using DnsAwareHttp.Concurrency;
using DnsAwareHttp.Diagnostics;

namespace DnsAwareHttp.Endpoints;

/// <summary>Asks <see cref="DnsAwareOptions.AddressFilter"/> which addresses may be dialled.</summary>
/// <remarks>
/// The filter is code of the application: its caller holds no lock. It is asked once for each answer, however often that is told. Refused
/// addresses are logged once, until other addresses are refused.
/// </remarks>
internal sealed class AddressAdmission(OriginScope scope)
{
    private readonly Func<IPAddress, bool>? _filter = scope.Options.AddressFilter;
    private volatile Admitted? _latest;

    /// <summary>The addresses of an answer that may be dialled.</summary>
    public ImmutableArray<IPAddress> Admit(Answer.Found? answer)
    {
        if (answer is null)
        {
            return [];
        }

        if (_filter is null)
        {
            return answer.Addresses;
        }

        Admitted? latest = _latest;
        if (latest is null || !ReferenceEquals(latest.Answer, answer))
        {
            Admitted before = latest ?? Admitted.Nothing;
            _latest = latest = Ask(answer);
            Report(before, latest);
        }

        return latest.Addresses;
    }

    private Admitted Ask(Answer.Found answer)
    {
        ImmutableArray<IPAddress>.Builder addresses = ImmutableArray.CreateBuilder<IPAddress>();
        HashSet<IPAddress> refused = [];
        HashSet<IPAddress> threw = [];
        Exception? thrown = null;
        foreach (IPAddress address in answer.Addresses)
        {
            try
            {
                if (ApplicationCode.Ask(_filter!, address))
                {
                    addresses.Add(address);
                }
                else
                {
                    refused.Add(address);
                }
            }
            catch (Exception exception)
            {
                thrown ??= exception;
                threw.Add(address);
            }
        }

        return new Admitted(answer, addresses.ToImmutable(), refused, threw, thrown);
    }

    private void Report(Admitted before, Admitted now)
    {
        int count = now.Answer!.Addresses.Length;
        if (now.Refused.Count > 0 && !now.Refused.SetEquals(before.Refused))
        {
            scope.Logger.AddressesRefused(scope.Owner.Name, now.Refused.Count, count, Examples.Of(now.Refused));
        }

        if (now.Thrown is Exception thrown && !now.Threw.SetEquals(before.Threw))
        {
            scope.Logger.AddressFilterThrew(scope.Owner.Name, now.Threw.Count, count, Examples.Of(now.Threw), thrown);
        }
    }

    /// <param name="Answer">The answer.</param>
    /// <param name="Addresses">Its addresses that may be dialled.</param>
    /// <param name="Refused">Those that the filter refused.</param>
    /// <param name="Threw">Those about which it threw.</param>
    /// <param name="Thrown">The first exception.</param>
    private sealed record Admitted(
        Answer.Found? Answer, ImmutableArray<IPAddress> Addresses, HashSet<IPAddress> Refused, HashSet<IPAddress> Threw, Exception? Thrown)
    {
        public static Admitted Nothing { get; } = new(null, [], [], [], null);
    }
}
