using System.Collections.Immutable;
using System.Net;

namespace DnsAwareHttp;

/// <summary>Base class for code that prefers some addresses of an origin, such as those in the own zone.</summary>
/// <remarks>
/// <para>Requests go to the addresses with the lowest priority number while they are well. While fewer than 5 of 7 of them (1/1.4) are
/// usable, a part of the requests goes to the next priority: each priority carries 1.4 times its usual load at most. A request that finds
/// all preferred addresses full goes to the next priority at once. With <see cref="LoadBalancingPolicy.PickFirst"/>, the next priority is
/// used only when no address of the first one is usable.</para>
/// <para>The library asks when the addresses of a name change, with each answer, and after <see cref="NotifyChanged"/>; never for a
/// request. Give an instance to <see cref="DnsAwareOptions.AddressPriorities"/>. One instance may serve several handlers.</para>
/// </remarks>
public class AddressPriorities
{
    /// <summary>The largest priority number.</summary>
    internal const int Max = 65_535;

    // Weak, so that an origin that was closed, or a handler that was dropped, can be collected.
    private ImmutableArray<WeakReference<IPriorityListener>> _listeners = [];

    /// <summary>The priority of an address. It must be quick, and is called possibly from several threads, under no lock.</summary>
    /// <param name="address">The address.</param>
    /// <param name="host">The host of the origin, or of its proxy, as it is resolved.</param>
    /// <param name="port">The port.</param>
    /// <returns>
    /// 0 to 65,535; lower numbers are preferred (as in RFC 2782). The nearest of them counts for another number. If it throws, the address
    /// keeps the priority that it had; a new one has 0. This class itself gives 0 to all.
    /// </returns>
    public virtual int PriorityOf(IPAddress address, string host, int port) => 0;

    /// <summary>Priorities may have changed: the library asks for all of them soon.</summary>
    /// <remarks>
    /// Requests under way stay where they are, and no connection is closed. Safe for concurrent use, also under a lock of the caller: this
    /// method calls no code of the application.
    /// </remarks>
    protected void NotifyChanged()
    {
        foreach (WeakReference<IPriorityListener> listener in _listeners)
        {
            if (listener.TryGetTarget(out IPriorityListener? alive))
            {
                alive.OnPrioritiesChanged();
            }
        }
    }

    /// <summary>The listener hears of changes from now on. It is held weakly.</summary>
    internal void Attach(IPriorityListener listener) =>
        ImmutableInterlocked.Update(ref _listeners, static (all, added) => [.. Alive(all, except: null), new(added)], listener);

    /// <summary>The listener hears of no further change.</summary>
    internal void Detach(IPriorityListener listener) =>
        ImmutableInterlocked.Update(ref _listeners, static (all, removed) => [.. Alive(all, removed)], listener);

    private static IEnumerable<WeakReference<IPriorityListener>> Alive(
        ImmutableArray<WeakReference<IPriorityListener>> listeners, IPriorityListener? except) =>
        listeners.Where(listener => listener.TryGetTarget(out IPriorityListener? alive) && alive != except);
}

/// <summary>Hears that priorities may have changed.</summary>
internal interface IPriorityListener
{
    /// <summary>They may have. Called on any thread, also under a lock of the application: it only plans work.</summary>
    void OnPrioritiesChanged();
}
