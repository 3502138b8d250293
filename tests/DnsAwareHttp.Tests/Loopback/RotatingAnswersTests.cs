using System.Collections.Immutable;
using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Xunit.Abstractions;

namespace DnsAwareHttp.Tests.Loopback;

/// <summary>Each answer is a sample of a larger set, under load: the default mode opens hardly a connection once it knows, where Strict opens one for each new address.</summary>
public sealed class RotatingAnswersTests(ITestOutputHelper output)
{
    private const int Workers = 6;
    private const int LearningAnswers = 60;
    private const int SteadyAnswers = 60;

    [Theory]
    [InlineData(1, 4, 10)]
    [InlineData(4, 12, 20)]
    [InlineData(8, 100, 30)]
    [InlineData(8, 8, 40)]
    public async Task AnswersRotate_TheSteadyStateOpensNoConnections(int size, int all, int network)
    {
        string[] addresses = [.. Enumerable.Range(1, all).Select(i => $"127.0.{100 + network}.{i}")];
        await using LoopbackServer server = await LoopbackServer.StartAsync(HttpProtocols.Http2, tls: false, null, addresses);
        RotatingResolver dns = new(addresses, size);
        await using DnsCache cache = new(new DnsCacheOptions { MinTtl = TimeSpan.FromMilliseconds(100) }, dns);
        using DnsAwareHandler handler = new(new SocketsHttpHandler(), null, cache);
        using HttpClient client = new(handler)
        {
            BaseAddress = new Uri($"http://svc.test:{server.Port}"),
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        using CancellationTokenSource stop = new();
        Task[] workers = [.. Enumerable.Range(0, Workers).Select(_ => Task.Run(WorkAsync))];

        await Eventually.Holds(() => dns.Answers >= LearningAnswers, "it is learnt");
        (int opened, int joined) = (Opened(), dns.Joined);
        int from = dns.Answers;
        await Eventually.Holds(() => dns.Answers >= from + SteadyAnswers, "it goes on");
        (opened, joined) = (Opened() - opened, dns.Joined - joined);

        await stop.CancelAsync();
        await Task.WhenAll(workers);
        output.WriteLine($"{size} of {all}: {opened} connections opened in {SteadyAnswers} answers; {joined} addresses joined an answer");
        opened.Should().BeLessThanOrEqualTo(all == size ? 0 : Math.Max(2, joined / 20), "Strict opens one for each that joins");

        int Opened() => addresses.Sum(server.ConnectionsTo);

        async Task WorkAsync()
        {
            using PeriodicTimer pace = new(TimeSpan.FromMilliseconds(5));
            while (!stop.IsCancellationRequested)
            {
                _ = await client.GetStringAsync("/whoami", CancellationToken.None);
                await pace.WaitForNextTickAsync(CancellationToken.None);
            }
        }
    }

    private sealed class RotatingResolver(string[] all, int size) : INameResolver
    {
        private readonly IPAddress[] _all = [.. all.Select(IPAddress.Parse)];
        private readonly Random _random = new(all.Length);
        private ImmutableArray<IPAddress> _latest = [];
        private int _answers;
        private int _joined;

        public int Answers => Volatile.Read(ref _answers);

        /// <summary>Addresses that an answer had and the one before it had not, summed up.</summary>
        public int Joined => Volatile.Read(ref _joined);

        public ValueTask<Answer> ResolveAsync(string host, CancellationToken cancellationToken)
        {
            lock (_all)
            {
                _random.Shuffle(_all);
                ImmutableArray<IPAddress> next = [.. _all.Take(size)];
                Volatile.Write(ref _joined, _joined + next.Except(_latest).Count());
                _latest = next;
                Volatile.Write(ref _answers, _answers + 1);
                return ValueTask.FromResult<Answer>(new Answer.Found(next, TimeSpan.Zero));
            }
        }
    }
}
