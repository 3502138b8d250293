using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using DnsAwareHttp.Resolution;
using DnsAwareHttp.Tests.Fakes;
using DnsAwareHttp.Tests.Loopback;

namespace DnsAwareHttp.Tests.Resolution;

/// <summary>Everything at once: names subscribed, dropped, evicted, invalidated and refreshed while the clock runs.</summary>
public sealed class DnsCacheRaceTests
{
    private const int Workers = 4;
    private const int Rounds = 500;

    private static readonly string[] Hosts = [.. Enumerable.Range(0, 12).Select(i => $"h{i}.test")];

    private readonly ManualTimeProvider _time = new();
    private readonly ConcurrentBag<Subscriber> _kept = [];
    private int _questions;

    [Fact]
    public async Task ManyNamesWhoseCallersAndCachesEnd_LeaveNoUnobservedException()
    {
        ConcurrentQueue<Exception> unobserved = [];
        TaskScheduler.UnobservedTaskException += Note;
        try
        {
            for (int round = 0; round < 50; round++)
            {
                await UseAndDisposeAsync(round);
            }

            for (int pass = 0; pass < 3; pass++)
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
            }

            unobserved.Should().BeEmpty();
        }
        finally
        {
            TaskScheduler.UnobservedTaskException -= Note;
        }

        void Note(object? sender, UnobservedTaskExceptionEventArgs task)
        {
            // Other tests run at the same time.
            if (task.Exception.ToString().Contains("DnsAwareHttp.Resolution", StringComparison.Ordinal))
            {
                unobserved.Enqueue(task.Exception);
            }
        }

        static async Task UseAndDisposeAsync(int round)
        {
            // A closed port and one that never answers.
            using Socket silent = new(SocketType.Dgram, ProtocolType.Udp);
            silent.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            DnsCacheOptions options = new() { NameServers = ["127.0.0.1:9", silent.LocalEndPoint!.ToString()!], UseHostsFile = false };
            DnsCache cache = new(options);
            using CancellationTokenSource caller = new();
            Task[] asking = [.. Enumerable.Range(0, 200).Select(name => cache.PrefetchAsync($"n{round}-{name}.test", cancellationToken: caller.Token))];
            if (round % 2 == 0)
            {
                await caller.CancelAsync();
            }

            await cache.DisposeAsync();
            await Task.WhenAll(asking).ContinueWith(static all => _ = all.Exception, TaskScheduler.Default);
        }
    }

    [Fact]
    public async Task Storm_WhoStays_SeesTheLatestAnswer()
    {
        await using DnsCache cache = new(new DnsCacheOptions { MaxEntries = 4 }, new CustomResolver(ResolveAsync), _time);
        Task[] workers = [.. Enumerable.Range(0, Workers).Select(seed => Task.Run(() => ComeAndGo(cache, new Random(seed))))];
        await MoveClockUntil(() => workers.All(worker => worker.IsCompleted), "the storm is over");
        await Task.WhenAll(workers);

        int stormQuestions = Volatile.Read(ref _questions);
        Subscriber[] kept = [.. _kept];
        kept.Should().NotBeEmpty();
        long[] versions = [.. kept.Select(subscriber => subscriber.Latest)];
        await MoveClockUntil(() => kept.Zip(versions).All(pair => pair.First.Latest > pair.Second), "everybody who stayed is told a newer answer");
        Volatile.Read(ref _questions).Should().BeGreaterThan(stormQuestions);

        // One entry for each name: an evicted one that somebody still held would know another answer.
        await Eventually.Holds(() => cache.IsQuiet, "no question is in flight");
        foreach (IGrouping<string, Subscriber> sharers in kept.GroupBy(subscriber => subscriber.Host))
        {
            sharers.Select(subscriber => subscriber.Name.Current).Distinct().Should().ContainSingle();
            sharers.Should().OnlyContain(subscriber => subscriber.Latest == subscriber.Name.Current!.Version);
        }

        foreach (Subscriber subscriber in kept)
        {
            subscriber.Name.Dispose();
        }

        _time.Advance(TimeSpan.FromMinutes(1));
        await Eventually.Holds(() => cache.IsQuiet && _time.ActiveTimers == 0, "nothing is asked any more");
    }

    private async Task ComeAndGo(DnsCache cache, Random random)
    {
        for (int round = 0; round < Rounds; round++)
        {
            Subscriber subscriber = new(cache, Hosts[random.Next(Hosts.Length)]);
            switch (random.Next(4))
            {
                case 0:
                    subscriber.Name.Hint();
                    break;
                case 1:
                    await subscriber.Name.AnswerAsync();
                    break;
                default:
                    break;
            }

            if (round % 100 == 99)
            {
                _kept.Add(subscriber);
            }
            else
            {
                subscriber.Name.Dispose();
            }
        }
    }

    private async ValueTask<Answer> ResolveAsync(string host, CancellationToken cancellationToken)
    {
        int question = Interlocked.Increment(ref _questions);
        await Task.Yield();
        return (question % 7) switch
        {
            0 => new Answer.Failed("SERVFAIL"),
            1 => throw new InvalidOperationException("no registry"),
            _ => new Answer.Found([new IPAddress(question)], TimeSpan.FromSeconds(1)),
        };
    }

    private Task MoveClockUntil(Func<bool> condition, string what) => Eventually.Holds(
        () =>
        {
            _time.Advance(TimeSpan.FromMilliseconds(200));
            return condition();
        },
        what);

    /// <summary>Somebody who listens to one name and remembers the newest version that was told.</summary>
    private sealed class Subscriber
    {
        private long _latest;

        public Subscriber(DnsCache cache, string host)
        {
            Host = host;
            Name = cache.Subscribe(host, AddressFamily.Unspecified, Note);
        }

        public string Host { get; }

        public NameSubscription Name { get; }

        public long Latest => Volatile.Read(ref _latest);

        private void Note(CachedAnswer answer)
        {
            long latest = Latest;
            while (answer.Version > latest)
            {
                long found = Interlocked.CompareExchange(ref _latest, answer.Version, latest);
                if (found == latest)
                {
                    return;
                }

                latest = found;
            }
        }
    }
}
