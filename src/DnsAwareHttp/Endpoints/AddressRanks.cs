using System.Collections.Immutable;
using System.Net;
using DnsAwareHttp.Concurrency;
using DnsAwareHttp.Diagnostics;

namespace DnsAwareHttp.Endpoints;

/// <summary>The priorities of the addresses of one name, as <see cref="DnsAwareOptions.AddressPriorities"/> gives them.</summary>
/// <remarks>They are code of the application: who asks holds no lock.</remarks>
internal sealed class AddressRanks : IPriorityListener
{
    private readonly OriginScope _scope;
    private readonly AddressPriorities? _priorities;
    private readonly Func<IEnumerable<IPAddress>?> _members;
    private readonly Action _onChanged;
    private volatile ImmutableDictionary<IPAddress, int> _known = ImmutableDictionary<IPAddress, int>.Empty;
    private volatile Exception? _thrown;
    private int _changes;

    /// <param name="scope">The origin.</param>
    /// <param name="priorities">Gives the priorities; null: all addresses are alike.</param>
    /// <param name="members">The addresses in use.</param>
    /// <param name="onChanged">The priorities are others, without a new answer.</param>
    public AddressRanks(OriginScope scope, AddressPriorities? priorities, Func<IEnumerable<IPAddress>?> members, Action onChanged)
    {
        _scope = scope;
        _priorities = priorities;
        _members = members;
        _onChanged = onChanged;
        priorities?.Attach(this);
    }

    /// <summary>Whether addresses may have different priorities.</summary>
    public bool Differ => _priorities is not null;

    /// <summary>The priority of an address.</summary>
    public int Of(IPAddress address) => _known.GetValueOrDefault(address);

    public void End() => _priorities?.Detach(this);

    /// <summary>Asks for the priorities of the addresses in use, and of those of a new answer.</summary>
    /// <returns>The addresses of the answer.</returns>
    public ImmutableArray<IPAddress> Ask(ImmutableArray<IPAddress> named)
    {
        if (_priorities is null)
        {
            return named;
        }

        int seen;
        do
        {
            // What was asked before a change must not stay after it.
            seen = Volatile.Read(ref _changes);
            Exception? thrown = null;
            _known = (_members() ?? []).Concat(named).Distinct()
                .ToImmutableDictionary(static address => address, address => Ask(address, ref thrown));
            Report(thrown);
        }
        while (seen != Volatile.Read(ref _changes));
        return named;
    }

    public void OnPrioritiesChanged()
    {
        Interlocked.Increment(ref _changes);
        Background.Start("the priorities of addresses", _scope.Logger, () =>
        {
            ImmutableDictionary<IPAddress, int> before = _known;
            _ = Ask([]);
            if (_known.Count != before.Count || _known.Any(one => before.GetValueOrDefault(one.Key, -1) != one.Value))
            {
                _onChanged();
            }

            return Task.CompletedTask;
        });
    }

    private int Ask(IPAddress address, ref Exception? thrown)
    {
        try
        {
            return Math.Clamp(
                ApplicationCode.Ask(
                    static ask => ask.Priorities.PriorityOf(ask.Address, ask.Host, ask.Port),
                    (Priorities: _priorities!, Address: address, _scope.Owner.Host, _scope.Owner.Port)),
                0, AddressPriorities.Max);
        }
        catch (Exception exception)
        {
            thrown = exception;
            return Of(address);
        }
    }

    // Once, until it answers again.
    private void Report(Exception? thrown)
    {
        if (thrown is not null && _thrown is null)
        {
            _scope.Logger.AddressPrioritiesThrew(_scope.Owner.Name, thrown);
        }

        _thrown = thrown;
    }
}
