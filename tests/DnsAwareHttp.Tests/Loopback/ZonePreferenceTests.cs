using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using DnsAwareHttp.Tests.Fakes;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Xunit.Abstractions;

namespace DnsAwareHttp.Tests.Loopback;

/// <summary>Addresses of the own zone are preferred while they are well. Others take over when they die, and give back when they return.</summary>
public sealed class ZonePreferenceTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const int Workers = 8;
    private static readonly string[] Local = ["127.0.71.1", "127.0.71.2"];
    private static readonly string[] Remote = ["127.0.72.1", "127.0.72.2"];

    private readonly ScriptedResolver _dns = new();
    private readonly ConcurrentQueue<(long At, string? Address)> _answers = new();
    private readonly ConcurrentQueue<(long At, string? Address)> _answersOfBare = new();
    private readonly CancellationTokenSource _stop = new();
    private LoopbackServer _local = null!;
    private LoopbackServer _remote = null!;
    private DnsCache _cache = null!;
    private ZonePreference _zone = null!;
    private DnsAwareHandler _handler = null!;
    private int _port;

    public async Task InitializeAsync()
    {
        _remote = await LoopbackServer.StartAsync(HttpProtocols.Http1, tls: false, null, Remote);
        _port = _remote.Port;
        _local = await LoopbackServer.StartAsync(HttpProtocols.Http1, tls: false, null, _port, Local);
        _dns.Says("svc.test", 300, [.. Remote, .. Local]);
        _dns.Says("zone-a.svc.test", 0, Local);
        _cache = new DnsCache(new DnsCacheOptions { MinTtl = TimeSpan.FromMilliseconds(100) }, _dns);
        _zone = new ZonePreference(_cache, "zone-a.svc.test");
        await _zone.LookAsync();
        _handler = new DnsAwareHandler(new SocketsHttpHandler(), new DnsAwareOptions { AddressPriorities = _zone }, _cache);
    }

    public async Task DisposeAsync()
    {
        await _stop.CancelAsync();
        _handler.Dispose();
        _stop.Dispose();
        await _cache.DisposeAsync();
        await _local.DisposeAsync();
        await _remote.DisposeAsync();
    }

    [Fact]
    public async Task LocalServersDie_OthersServeWithinASecond_AndLocalOnesAgainWhenTheyReturn()
    {
        using HttpClient ours = new(_handler, disposeHandler: false);
        using HttpClient bare = new(Bare());
        Task[] load = [.. Load(ours, _answers), .. Load(bare, _answersOfBare)];
        await Eventually.Holds(() => AllOfLate(Local), "requests stay in the zone");

        long died = Stopwatch.GetTimestamp();
        await _local.CutAsync();
        await Eventually.Holds(() => AllOfLate(Remote), "the others serve");
        await Eventually.Holds(() => _answers.Any(answer => Stopwatch.GetElapsedTime(died, answer.At) > TimeSpan.FromSeconds(2)), "some time passes");
        FailuresFrom(_answers, died + (2 * Stopwatch.Frequency)).Should().Be(0);
        output.WriteLine($"served elsewhere after {FirstOfOthers(died).TotalMilliseconds:0} ms; {FailuresFrom(_answers, 0)} failed, {FailuresFrom(_answersOfBare, 0)} of bare");
        FailuresFrom(_answers, 0).Should().BeLessThanOrEqualTo(
            Math.Max(FailuresFrom(_answersOfBare, 0), Workers), "each request that was under way at a server that was cut may fail, as it does without the library");

        _local = await LoopbackServer.StartAsync(HttpProtocols.Http1, tls: false, null, _port, Local);
        await Eventually.Holds(() => AllOfLate(Local), "requests are in the zone again");
        FailuresFrom(_answers, died + (2 * Stopwatch.Frequency)).Should().Be(0, "the return hurts no request");

        await _stop.CancelAsync();
        await Task.WhenAll(load);
    }

    [LinuxFact]
    public async Task LocalServersGoSilent_OthersServe()
    {
        // Those that are under way stay where they are, until their callers give up.
        using HttpClient client = new(_handler, disposeHandler: false) { Timeout = TimeSpan.FromSeconds(1) };
        Task[] load = Load(client, _answers);
        await Eventually.Holds(() => AllOfLate(Local), "requests stay in the zone");

        long silent = Stopwatch.GetTimestamp();
        Array.ForEach(Local, _local.GoSilent);

        await Eventually.Holds(() => _answers.Any(answer => answer.At > silent && Remote.Contains(answer.Address)), "the others serve");
        output.WriteLine($"served elsewhere after {FirstOfOthers(silent).TotalMilliseconds:0} ms");
        await _stop.CancelAsync();
        await Task.WhenAll(load);
    }

    [Fact]
    public async Task TheZoneHasOtherAddresses_RequestsFollow()
    {
        using HttpClient client = new(_handler, disposeHandler: false);
        Task[] load = Load(client, _answers);
        await Eventually.Holds(() => AllOfLate(Local), "requests stay in the zone");

        _dns.Says("zone-a.svc.test", 0, Remote);
        await Eventually.Holds(
            async () =>
            {
                await _zone.LookAsync();
                return AllOfLate(Remote);
            },
            "requests follow");

        _dns.Says("zone-a.svc.test", new Answer.Failed("no answer"));
        await _zone.LookAsync();
        AllOfLate(Remote).Should().BeTrue("a failure of DNS changes nothing");
        await _stop.CancelAsync();
        await Task.WhenAll(load);
        FailuresFrom(_answers, 0).Should().Be(0);
    }

    private SocketsHttpHandler Bare() => new()
    {
        ConnectCallback = async (context, cancellationToken) =>
        {
            Socket socket = new(SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync([.. Local.Concat(Remote).Select(IPAddress.Parse)], context.DnsEndPoint.Port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        },
    };

    private Task[] Load(HttpClient client, ConcurrentQueue<(long At, string? Address)> answers) =>
        [.. Enumerable.Range(0, Workers).Select(_ => Task.Run(async () =>
        {
            Uri url = new($"http://svc.test:{_port}/whoami");
            while (!_stop.IsCancellationRequested)
            {
                string? address = null;
                try
                {
                    address = await client.GetStringAsync(url, _stop.Token);
                }
                catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException)
                {
                    // It was under way at a server that was cut, or is silent; or the test is over.
                }

                if (_stop.IsCancellationRequested)
                {
                    return;
                }

                answers.Enqueue((Stopwatch.GetTimestamp(), address));
                await Task.Delay(5);
            }
        }))];

    private TimeSpan FirstOfOthers(long since) =>
        Stopwatch.GetElapsedTime(since, _answers.First(answer => answer.At > since && Remote.Contains(answer.Address)).At);

    // The latest answers, a quarter of a second long at this load.
    private bool AllOfLate(string[] addresses)
    {
        (long, string? Address)[] answers = [.. _answers];
        return answers.Length > 200 && answers[^200..].All(answer => addresses.Contains(answer.Address));
    }

    private static int FailuresFrom(ConcurrentQueue<(long At, string? Address)> answers, long from) =>
        answers.Count(answer => answer.At >= from && answer.Address is null);
}
