using DnsAwareHttp.Resolution.Wire;

namespace DnsAwareHttp.Tests.Fakes;

/// <summary>Servers that answer when a test says so, and are silent until then.</summary>
internal sealed class HeldExchange(TimeProvider clock) : IDnsExchange
{
    private readonly object _gate = new();
    private readonly List<Held> _held = [];
    private int _open;
    private int _mostOpen;

    /// <summary>All that was asked, in order.</summary>
    public IReadOnlyList<Held> Asked
    {
        get
        {
            lock (_gate)
            {
                return [.. _held];
            }
        }
    }

    public IReadOnlyList<string> Servers => [.. Asked.Select(held => held.Server)];

    /// <summary>Questions under way.</summary>
    public int Open => Volatile.Read(ref _open);

    /// <summary>The most that ever were under way at a time.</summary>
    public int MostOpen => Volatile.Read(ref _mostOpen);

    public async ValueTask<DnsReply> AskAsync(NameServer server, DnsQuery query, TimeSpan timeout, CancellationToken cancellationToken)
    {
        Held held = new(server.EndPoint.Address.ToString(), query);

        // It ends in the instant of its timeout, whenever the code behind the wait runs: another may begin in that instant.
        using ITimer over = clock.CreateTimer(_ => End(held), null, timeout, Timeout.InfiniteTimeSpan);
        Task<DnsReply> answer = held.Answer.Task.WaitAsync(timeout, clock, cancellationToken);
        lock (_gate)
        {
            _held.Add(held);
            _mostOpen = Math.Max(_mostOpen, ++_open);
        }

        try
        {
            return await answer;
        }
        catch (TimeoutException)
        {
            return new DnsReply.Silence("no answer");
        }
        finally
        {
            held.IsOver = true;
            End(held);
        }
    }

    private void End(Held held)
    {
        lock (_gate)
        {
            _open -= held.IsCounted ? 1 : 0;
            held.IsCounted = false;
        }
    }

    internal sealed class Held(string server, DnsQuery query)
    {
        public string Server => server;

        public DnsQuery Query => query;

        public volatile bool IsOver;

        public bool IsCounted { get; set; } = true;

        public TaskCompletionSource<DnsReply> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Answers(DnsReply reply) => Answer.SetResult(reply);
    }
}
