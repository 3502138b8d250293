using DnsAwareHttp.Concurrency;

namespace DnsAwareHttp.Resolution.Sources;

/// <summary>The lookups of one question for the names of a search list. A name that is late is accompanied by the next.</summary>
/// <param name="names">The absolute names, in their order.</param>
/// <param name="known">As with <see cref="SearchVerdict.Of"/>.</param>
/// <param name="ask">Looks one name up.</param>
/// <param name="timeProvider">The clock.</param>
internal sealed class CandidateRun(
    IReadOnlyList<string> names, int? known, Func<string, CancellationToken, Task<DnsOutcome>> ask, TimeProvider timeProvider)
{
    /// <summary>The time that all names together have. A name without an answer has failed then.</summary>
    public static readonly TimeSpan Share = TimeSpan.FromSeconds(4.5);

    /// <summary>When the lookup of the first name began, where that was before; null if it begins now.</summary>
    public long? FirstSentAt { get; init; }

    private readonly List<Lookup> _lookups = [];
    private readonly DnsOutcome?[] _outcomes = new DnsOutcome?[names.Count];
    private readonly NetworkDeadline? _share = names.Count > 1 ? new NetworkDeadline(Share, timeProvider) : null;

    // The name that gave the known addresses has answered; an earlier one is late.
    private readonly TaskCompletionSource<DnsOutcome> _early = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The outcome. Its rest is that of the names that are late, where the addresses in use do not wait for them.</summary>
    public async Task<DnsOutcome> FirstAsync(CancellationToken cancellationToken)
    {
        Task<DnsOutcome> whole = WholeAsync(cancellationToken);
        await Task.WhenAny(whole, _early.Task).ConfigureAwait(false);
        if (whole.IsCompleted)
        {
            return await whole.ConfigureAwait(false);
        }

        DnsOutcome early = await _early.Task.ConfigureAwait(false);
        return early with { Answer = (Answer.Found)early.Answer with { Rest = DnsOutcome.RestOf(whole) } };
    }

    private async Task<DnsOutcome> WholeAsync(CancellationToken cancellationToken)
    {
        DnsOutcome? verdict = null;
        try
        {
            while ((verdict = SearchVerdict.Of(names, _outcomes, known)) is null)
            {
                if (IsTimeForNext())
                {
                    Begin(cancellationToken);
                }
                else
                {
                    await WaitAsync().ConfigureAwait(false);
                }

                await TakeOutcomesAsync().ConfigureAwait(false);
            }

            return verdict.Value;
        }
        finally
        {
            _share?.Dispose();
            await EndOthersAsync(verdict).ConfigureAwait(false);
        }
    }

    private static TimeSpan LateAfter => ServerRun.LateAfter;

    private bool IsTimeForNext() =>
        _lookups.Count < names.Count
        && (_lookups.Count == 0 || _lookups[^1].IsOver || Left(_lookups[^1].SentAt, LateAfter) == TimeSpan.Zero);

    private void Begin(CancellationToken cancellationToken)
    {
        string name = names[_lookups.Count];
        CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        long sentAt = _lookups.Count == 0 && FirstSentAt is long before ? before : timeProvider.GetTimestamp();
        _lookups.Add(new Lookup(name, sentAt, end, ask(name, end.Token)));
    }

    private async Task WaitAsync()
    {
        Task[] open = [.. _lookups.Select(static lookup => lookup.Outcome).Where(static outcome => !outcome.IsCompleted)];
        if (open.Length == 0)
        {
            return;
        }

        Task any = Task.WhenAny(open);
        TimeSpan late = _lookups.Count < names.Count ? Left(_lookups[^1].SentAt, LateAfter) : Timeout.InfiniteTimeSpan;

        // A single name is bounded by its servers.
        await any.WaitAsync(late, timeProvider, _share?.Token ?? CancellationToken.None)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task TakeOutcomesAsync()
    {
        bool isOver = _share is { Token.IsCancellationRequested: true };
        for (int i = 0; i < _lookups.Count; i++)
        {
            if (_lookups[i].IsOver)
            {
                _outcomes[i] ??= await _lookups[i].Outcome.ConfigureAwait(false);
            }
        }

        for (int i = 0; isOver && i < names.Count; i++)
        {
            _outcomes[i] ??= DnsOutcome.Late(names[i], Share);
        }

        if (known is >= 0 and int index && _outcomes[index] is { Answer: Answer.Found found } outcome)
        {
            _early.TrySetResult(outcome with { Answer = found.Under(names[index], isProvisional: false) });
        }
    }

    /// <summary>Ends all lookups but the one whose answer is used: its other family may still be under way.</summary>
    private async Task EndOthersAsync(DnsOutcome? verdict)
    {
        string? used = (verdict?.Answer as Answer.Found)?.Candidate;
        foreach (Lookup lookup in _lookups.Where(lookup => lookup.Name != used))
        {
            await lookup.End.CancelAsync().ConfigureAwait(false);
            await ((Task)lookup.Outcome).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            lookup.End.Dispose();
        }
    }

    private TimeSpan Left(long since, TimeSpan of)
    {
        TimeSpan left = of - timeProvider.GetElapsedTime(since);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    private sealed record Lookup(string Name, long SentAt, CancellationTokenSource End, Task<DnsOutcome> Outcome)
    {
        public bool IsOver => Outcome.IsCompleted;
    }
}
