using System.Runtime.CompilerServices;
using DnsAwareHttp.Resolution;

namespace DnsAwareHttp.Tests.Fakes;

/// <summary>Reports answers to a delegate. It lives as long as the subscription, which the cache refers to until it is disposed.</summary>
internal sealed class DelegateListener(Action<CachedAnswer> listener) : IAnswerListener
{
    private static readonly ConditionalWeakTable<NameSubscription, DelegateListener> Kept = [];

    public void OnAnswer(CachedAnswer answer) => listener(answer);

    public static NameSubscription Start(DnsCache cache, Question question, Action<CachedAnswer> listener)
    {
        DelegateListener adapter = new(listener);
        NameSubscription subscription = cache.Subscribe(question, adapter);
        Kept.Add(subscription, adapter);
        subscription.Start();
        return subscription;
    }
}
