using DnsAwareHttp.Resolution;

namespace DnsAwareHttp.Tests.Fakes;

/// <summary>A scripted resolver that also tells when the test says that names changed.</summary>
internal sealed class WatchedResolver : INameResolver, INameChanges
{
    private Action<IReadOnlySet<string>?>? _changed;

    public ScriptedResolver Dns { get; } = new();

    public int Watches { get; private set; }

    /// <summary>What the next watch is told at once; empty: any name may have changed.</summary>
    public string[]? MissedChanges { get; set; }

    public bool IsWatched => _changed is not null;

    public ValueTask<Answer> ResolveAsync(string host, CancellationToken cancellationToken) => Dns.ResolveAsync(host, cancellationToken);

    public IDisposable Watch(Action<IReadOnlySet<string>?> changed)
    {
        _changed.Should().BeNull("there is one watch at a time");
        _changed = changed;
        Watches++;
        if (MissedChanges is string[] names)
        {
            Change(names);
        }

        return new Ending(this);
    }

    /// <summary>Tells the watcher which names changed; none: any may have.</summary>
    public void Change(params string[] names) => _changed?.Invoke(names.Length == 0 ? null : names.ToHashSet());

    private sealed class Ending(WatchedResolver owner) : IDisposable
    {
        public void Dispose() => owner._changed = null;
    }
}
