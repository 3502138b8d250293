using System.Collections.Concurrent;
using System.Diagnostics;

namespace DnsAwareHttp.IntegrationTests;

/// <summary>Workers that send GET and POST with bodies, check what comes back, and notice who answered how long after a change.</summary>
internal sealed class Workload(HttpClient client, string[][] sets)
{
    private const long Never = 0;

    private static readonly byte[] Body = [.. Enumerable.Range(0, 20_000).Select(i => (byte)(i * 7))];
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private readonly Dictionary<string, int> _setOf = sets.SelectMany((set, index) => set.Select(address => (address, index))).ToDictionary(pair => pair.address, pair => pair.index);
    private readonly long[] _leftAt = new long[sets.Length];
    private readonly ConcurrentBag<TimeSpan> _lateness = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _flipping = new();
    private readonly List<TimeSpan> _followed = [];
    private Task _workers = Task.CompletedTask;
    private (int Set, long At)? _notFollowed;
    private int _current;
    private int _sent;

    public ConcurrentBag<string> Failures { get; } = [];

    /// <summary>For each change, how long after it the first request was sent that the new set answered.</summary>
    public IReadOnlyList<TimeSpan> Followed => _followed;

    /// <summary>How long after a change the latest request was sent that still went to the set that had left.</summary>
    public TimeSpan Latest => _lateness.DefaultIfEmpty(TimeSpan.Zero).Max();

    public string Summary
    {
        get
        {
            double[] followed = [.. _followed.Select(time => time.TotalMilliseconds).Order()];
            return $"{_sent:N0} requests, {Failures.Count} failed; {followed.Length} changes followed after p50 {Percentile(followed, 0.5):0} ms, p99 {Percentile(followed, 0.99):0} ms; "
                + $"latest request to a set that had left: {Latest.TotalMilliseconds:0} ms after the change";
        }
    }

    public async Task StartAsync(int workers)
    {
        await AskAsync(0);
        _workers = Task.WhenAll(Enumerable.Range(0, workers).Select(worker => Task.Run(() => WorkAsync(worker))));
    }

    /// <summary>The name is about to get the addresses of another set. From now on nobody who uses these is late.</summary>
    public void Flipping(int set)
    {
        lock (_flipping)
        {
            _leftAt[set] = Never;
        }
    }

    /// <summary>The name has the addresses of another set.</summary>
    public void Flipped(int set)
    {
        lock (_flipping)
        {
            long now = Stopwatch.GetTimestamp();
            _leftAt[_current] = now;
            _current = set;
            _notFollowed = (set, now);
        }
    }

    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _workers;
    }

    private static double Percentile(double[] sorted, double share) => sorted.Length == 0 ? double.NaN : sorted[(int)Math.Ceiling(share * sorted.Length) - 1];

    private async Task WorkAsync(int worker)
    {
        for (int i = worker; !_stop.IsCancellationRequested; i++)
        {
            await AskAsync(i);
            await Task.Delay(Pause);
        }
    }

    private async Task AskAsync(int i)
    {
        Interlocked.Increment(ref _sent);
        long sent = Stopwatch.GetTimestamp();
        try
        {
            using HttpRequestMessage request = i % 3 == 0
                ? new(HttpMethod.Post, "/echo") { Content = new ByteArrayContent(Body), Version = client.DefaultRequestVersion, VersionPolicy = client.DefaultVersionPolicy }
                : new(HttpMethod.Get, "/whoami") { Version = client.DefaultRequestVersion, VersionPolicy = client.DefaultVersionPolicy };
            using HttpResponseMessage response = await client.SendAsync(request);
            byte[] back = await response.EnsureSuccessStatusCode().Content.ReadAsByteArrayAsync();
            if (i % 3 == 0 && !back.AsSpan().SequenceEqual(Body))
            {
                Failures.Add($"{back.Length} bytes came back instead of {Body.Length}, or others.");
            }

            Note(sent, _setOf[response.Headers.GetValues(LoopbackServer.AddressHeader).Single()]);
        }
        catch (Exception failure)
        {
            Failures.Add(failure.ToString());
        }
    }

    private void Note(long sent, int set)
    {
        lock (_flipping)
        {
            if (_leftAt[set] != Never && sent > _leftAt[set])
            {
                _lateness.Add(Stopwatch.GetElapsedTime(_leftAt[set], sent));
            }

            if (_notFollowed is (int next, long at) && set == next && sent > at)
            {
                _followed.Add(Stopwatch.GetElapsedTime(at, sent));
                _notFollowed = null;
            }
        }
    }
}
