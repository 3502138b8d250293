using System.Net.Sockets;
using DnsAwareHttp.Resolution;

namespace DnsAwareHttp.Tests.Fakes;

/// <summary>Subscriptions of delegates, begun already.</summary>
internal static class DelegateSubscriptions
{
    public static NameSubscription Subscribe(this DnsCache cache, string host, AddressFamily family, Action<CachedAnswer> listener) =>
        DelegateListener.Start(cache, Question.ForAddresses(host, family), listener);

    public static NameSubscription SubscribeToService(this DnsCache cache, string name, Action<CachedAnswer> listener) =>
        DelegateListener.Start(cache, Question.ForService(name), listener);
}
