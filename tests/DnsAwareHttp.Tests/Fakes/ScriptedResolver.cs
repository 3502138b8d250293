using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net;

namespace DnsAwareHttp.Tests.Fakes;

/// <summary>A resolver that answers what the test says, counts the questions and can hold them back. A trailing dot changes nothing.</summary>
public sealed partial class ScriptedResolver : INameResolver
{
    private readonly ConcurrentDictionary<string, Answer> _answers = new(StringComparer.OrdinalIgnoreCase);
    private readonly ConcurrentDictionary<string, int> _questions = new(StringComparer.OrdinalIgnoreCase);
    private volatile TaskCompletionSource<Answer?>? _hold;

    public void Says(string host, int ttl, params string[] addresses) =>
        Says(host, new Answer.Found([.. addresses.Select(IPAddress.Parse)], TimeSpan.FromSeconds(ttl)));

    public void Says(string host, Answer answer) => _answers[host] = answer;

    public void Fails(string host, string reason = "SERVFAIL") => _answers[host] = new Answer.Failed(reason);

    public int Questions(string host) => _questions.GetValueOrDefault(host);

    /// <summary>Answers no question until <see cref="Release"/>.</summary>
    public void Hold() => _hold = new TaskCompletionSource<Answer?>(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Release() => Interlocked.Exchange(ref _hold, null)?.SetResult(null);

    /// <summary>Answers the questions that are held as they were asked, and later ones as said now.</summary>
    public void ReleaseThenSays(string host, int ttl, params string[] addresses)
    {
        Answer before = _answers[host];
        Says(host, ttl, addresses);
        Interlocked.Exchange(ref _hold, null)?.SetResult(before);
    }

    public async ValueTask<Answer> ResolveAsync(string host, CancellationToken cancellationToken)
    {
        host = host.TrimEnd('.');
        _questions.AddOrUpdate(host, 1, static (_, count) => count + 1);
        if (_hold is TaskCompletionSource<Answer?> hold && await hold.Task.WaitAsync(cancellationToken) is Answer held)
        {
            return held;
        }

        return _answers.TryGetValue(host, out Answer? answer) ? answer : new Answer.Empty(EmptyReason.NxDomain, TimeSpan.FromSeconds(1));
    }
}
