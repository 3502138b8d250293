using System.Collections.Immutable;
using System.Net;
using DnsAwareHttp.Concurrency;
using DnsAwareHttp.Diagnostics;

namespace DnsAwareHttp.Endpoints;

/// <summary>Asks <see cref="DnsAwareOptions.AddressFilter"/> which addresses may be dialled.</summary>
/// <remarks>
/// The filter is code of the application: its caller holds no lock. It is asked once for each answer, however often that is told.
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

        if (_latest is Admitted latest && ReferenceEquals(latest.Answer, answer))
        {
            return latest.Addresses;
        }

        ImmutableArray<IPAddress> addresses = [.. answer.Addresses.Where(IsAllowed)];
        _latest = new Admitted(answer, addresses);
        return addresses;
    }

    private bool IsAllowed(IPAddress address)
    {
        try
        {
            if (ApplicationCode.Ask(_filter!, address))
            {
                return true;
            }

            scope.Logger.AddressRefused(scope.Owner.Name, address);
        }
        catch (Exception exception)
        {
            scope.Logger.AddressFilterThrew(scope.Owner.Name, address, exception);
        }

        return false;
    }

    private sealed record Admitted(Answer.Found Answer, ImmutableArray<IPAddress> Addresses);
}
