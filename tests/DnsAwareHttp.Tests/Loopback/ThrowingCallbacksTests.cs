using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Net;
using DnsAwareHttp.Concurrency;
using DnsAwareHttp.Resolution;
using DnsAwareHttp.Tests.Fakes;
using DnsAwareHttp.Tests.Simulation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace DnsAwareHttp.Tests.Loopback;

/// <summary>
/// Code of the application that throws costs the one thing that it was asked for. It runs under no lock, and may call the library.
/// </summary>
[Collection(nameof(Alone))]
public sealed class ThrowingCallbacksTests : IAsyncLifetime
{
    private const string One = "127.0.0.1";
    private const string Two = "127.0.0.2";
    private const string Failure = "the application fails";
    private static readonly string[] EventsOfALife =
        ["AnswerReceived", "OriginOpened", "EndpointJoined", "EndpointDraining", "EndpointDrained"];

    private readonly ManualTimeProvider _clock = new();
    private readonly ScriptedResolver _dns = new();
    private readonly ConcurrentQueue<string> _problems = new();
    private readonly ConcurrentDictionary<Callback, int> _calls = new();
    private readonly ConcurrentDictionary<string, long> _endpoints = new();
    private readonly ConcurrentDictionary<string, bool> _events = new();
    private readonly TaskCompletionSource _signalled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private LoopbackServer _server = null!;
    private DnsCache _cache = null!;
    private DnsAwareHandler _handler = null!;
    private HttpClient _client = null!;
    private Callback _kind;
    private bool _callsBack;
    private volatile bool _nameHasAddress = true;
    private volatile bool _isOver;
    private int _isCallingBack;

    /// <summary>The kinds of code that the library calls, or that is called because of it.</summary>
    public enum Callback
    {
        LogProvider,
        LogLevelCheck,
        Metrics,
        AddressFilter,
        ServiceRecordSelector,
        ConfigureSocket,
        DrainSignal,
        Resolver,
        Proxy,
        ProxyCredentials,
        Activity,
        ActivityStopped,
        Credentials,
    }

    public static TheoryData<Callback> Kinds => [.. Enum.GetValues<Callback>()];

    // A request may fail when these do. All other kinds cost no request.
    private bool MayFailRequests => !_callsBack
        && _kind is Callback.AddressFilter or Callback.ServiceRecordSelector or Callback.ConfigureSocket or Callback.Resolver
            or Callback.Activity or Callback.ActivityStopped or Callback.Credentials;

    public async Task InitializeAsync()
    {
        _server = await LoopbackServer.StartAsync(HttpProtocols.Http1, tls: false, MapPrivate, One, Two);
        _dns.Says("svc.test", 5, One);
        _dns.Says("proxy.test", 5, One);
        _dns.Says("other.test", 5, One);
        _dns.SaysService("_http._tcp.orders.test", 5, ("svc.test", _server.Port, 0, 0));
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task CallbackThatThrowsEverySecondTime_CostsOnlyWhatItWasAskedFor(Callback kind) => await Live(kind, callsBack: false);

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task CallbackThatWaitsForAThreadThatCallsTheLibrary_DoesNotDeadlock(Callback kind) => await Live(kind, callsBack: true);

    // One life of a handler: first requests, a flip with a request under way, renewals, a service, a proxy, other options, disposal.
    private async Task Live(Callback kind, bool callsBack)
    {
        (_kind, _callsBack) = (kind, callsBack);
        ConcurrentQueue<Exception> unobserved = new();
        void OnUnobserved(object? sender, UnobservedTaskExceptionEventArgs error) => unobserved.Enqueue(error.Exception);
        TaskScheduler.UnobservedTaskException += OnUnobserved;
        using MeterListener counters = Counters();
        using MeterListener meters = ThrowingMeters();
        using ActivityListener activities = ThrowingActivities();
        Loggers loggers = new(this);
        _cache = new DnsCache(resolver: new MeetingResolver(this), timeProvider: _clock, loggerFactory: loggers);
        _handler = new DnsAwareHandler(new SocketsHttpHandler { Proxy = new MeetingProxy(this), Credentials = new MeetingCredentials(this) }, Options(64), _cache, loggers);
        _client = new HttpClient(_handler);

        await Answers("svc.test", One);
        using HttpResponseMessage underWay = await OpenGated();
        _dns.Says("svc.test", 5, Two);
        await Answers("svc.test", Two);
        await Answers("orders.test", Two);
        await Answers("proxied.test", One);
        await _signalled.Task.WaitAsync(TimeSpan.FromSeconds(30));
        _server.Gate.TrySetResult();
        (await underWay.Content.ReadAsStringAsync()).Should().Be("0123456789abcdefghij");
        _handler.Apply(Options(32)).Should().BeTrue();
        await Answers("svc.test", Two);
        await Answers("orders.test", Two);
        _nameHasAddress = false;
        await Eventually.Holds(() => Volatile.Read(ref _isCallingBack) == 0, "the last call back ends");
        _dns.Says("svc.test", new Answer.Empty(EmptyReason.NxDomain, TimeSpan.FromSeconds(1)));
        await Eventually.Holds(IsGone, "the grace of the empty answer ends");
        _dns.Says("svc.test", 5, One);
        await Answers("svc.test", One);
        await End();
        TaskScheduler.UnobservedTaskException -= OnUnobserved;
        _problems.Should().BeEmpty();
        unobserved.Should().BeEmpty();
        _calls.GetValueOrDefault(kind).Should().BePositive("the scenario calls it");
        if (kind is not Callback.LogLevelCheck)
        {
            // A check that throws costs its line.
            _events.Keys.Should().Contain(EventsOfALife);
        }

        _endpoints.Should().NotBeEmpty().And.OnlyContain(counter => counter.Value == 0);
    }

    private async Task End()
    {
        _isOver = true;
        await Eventually.Holds(() => Volatile.Read(ref _isCallingBack) == 0, "the last call back ends");
        _client.Dispose();
        await Eventually.Holds(
            () =>
            {
                CollectLostResponses();
                return Advance(1) && _handler.WhenDrained().IsCompletedSuccessfully;
            },
            "all drains end");
        await _cache.DisposeAsync();
        await Eventually.Holds(() => _clock.ActiveTimers == 0 && _server.OpenConnections == 0, "no timer and no connection stays behind");
        GC.Collect();
        GC.WaitForPendingFinalizers();
    }

    // A listener that throws when an activity stops costs the runtime the response that has just come. Bare, too, has its connection until
    // the response is collected.
    private void CollectLostResponses()
    {
        if (_kind is Callback.ActivityStopped)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
    }

    // The name's own origin; the service asks for the same name and ends with it.
    private bool IsGone() => Advance(1) && !_handler.GetSnapshot().Origins.Any(
        origin => origin.Host == "svc.test" && origin.Endpoints.Any(endpoint => endpoint.State is not EndpointState.Draining));

    private async Task Answers(string host, string expected)
    {
        string? last = null;
        for (int i = 0; i < 400 && last != expected; i++)
        {
            Advance(1);
            last = await Ask(host);
        }

        last.Should().Be(expected, "{0} is asked again and again; problems: {1}", host, string.Join("; ", _problems));
    }

    private async Task<string?> Ask(string host)
    {
        try
        {
            return await _client.GetStringAsync($"http://{host}:{_server.Port}/{(_kind is Callback.Credentials ? "private" : "whoami")}").WaitAsync(TimeSpan.FromSeconds(30));
        }
        catch (Exception error) when (MayFailRequests && IsOfTheApplication(error))
        {
            return null;
        }
        catch (HttpRequestException error) when (!_nameHasAddress && error.HttpRequestError is HttpRequestError.NameResolutionError)
        {
            // The answer that there is no address still holds.
            return null;
        }
        catch (Exception error)
        {
            _problems.Enqueue($"{host}: {error}");
            return null;
        }
    }

    private async Task<HttpResponseMessage> OpenGated()
    {
        for (int i = 0; ; i++)
        {
            DrainSignal signal = new();
            signal.Token.Register(() =>
            {
                _signalled.TrySetResult();
                Meet(Callback.DrainSignal, always: true);
            });
            HttpRequestMessage request = new(HttpMethod.Get, $"http://svc.test:{_server.Port}/gated");
            request.Options.Set(DnsAwareHandler.DrainSignalKey, signal);
            try
            {
                return await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            }
            catch (Exception error) when (MayFailRequests && IsOfTheApplication(error) && i < 100)
            {
                Advance(1);
            }
        }
    }

    private bool IsOfTheApplication(Exception error) => error.ToString().Contains(Failure, StringComparison.Ordinal)
        || (_kind is Callback.AddressFilter && error.Message.Contains("AddressFilter", StringComparison.Ordinal));

    private bool Advance(int seconds)
    {
        _clock.Advance(TimeSpan.FromSeconds(seconds));
        return true;
    }

    private DnsAwareOptions Options(int maxEndpoints) => new()
    {
        MaxEndpointsPerOrigin = maxEndpoints,
        MaxRequestsPerConnection = 2,
        EmptyAnswerGrace = TimeSpan.FromSeconds(2),
        OriginIdleTimeout = TimeSpan.FromHours(12),
        Membership = MembershipMode.Strict,
        AddressFilter = _ => Meet(Callback.AddressFilter),
        ConfigureSocket = _ => Meet(Callback.ConfigureSocket),
        ServiceRecordSelector = (host, _) =>
            Meet(Callback.ServiceRecordSelector) && host == "orders.test" ? "_http._tcp.orders.test" : null,
    };

    /// <summary>The library calls the application here.</summary>
    private bool Meet(Callback callback, bool always = false)
    {
        if (OrderedLock.IsAnyHeld)
        {
            _problems.Enqueue($"{callback} is called under a lock: {Environment.StackTrace}");
        }

        int calls = _calls.AddOrUpdate(callback, 1, static (_, count) => count + 1);
        if (callback != _kind)
        {
            return true;
        }

        if (_callsBack)
        {
            CallBack();
        }
        else if (always || (callback is Callback.Credentials ? calls % 4 is 1 or 2 : calls % 2 == 0)) // A request asks for credentials twice.
        {
            throw new InvalidOperationException(Failure);
        }

        return true;
    }

    private void CallBack()
    {
        if (Interlocked.Exchange(ref _isCallingBack, 1) == 1)
        {
            return;
        }

        // A question and a dial that wait for this callback are what a request would wait for.
        bool mayAsk = _kind is not (Callback.Resolver or Callback.ConfigureSocket);
        Task calling = Task.Run(async () =>
        {
            _ = _handler?.GetSnapshot();
            if (_kind is not Callback.Resolver && !_isOver)
            {
                _ = await _cache.PrefetchAsync("other.test");
            }

            if (mayAsk && _nameHasAddress && !_isOver)
            {
                _ = await Ask("svc.test");
            }
        });
        if (Task.WaitAny([calling], TimeSpan.FromSeconds(20)) < 0)
        {
            _problems.Enqueue($"deadlock in {_kind}: {Environment.StackTrace}");
        }
        else if (calling.Exception is AggregateException failure)
        {
            _problems.Enqueue($"{_kind}: {failure}");
        }

        Volatile.Write(ref _isCallingBack, 0);
    }

    private MeterListener ThrowingMeters()
    {
        MeterListener listener = new() { InstrumentPublished = Enable };
        listener.SetMeasurementEventCallback<double>((_, _, _, _) => Meet(Callback.Metrics));
        listener.SetMeasurementEventCallback<long>((_, _, _, _) => Meet(Callback.Metrics));
        listener.Start();
        return listener;
    }

    private MeterListener Counters()
    {
        MeterListener listener = new() { InstrumentPublished = Enable };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            // Handlers of tests that have ended may still drain. The port is this test's own.
            if (instrument.Name == "dnsaware.membership.change.count" && tags.Contains(new KeyValuePair<string, object?>("server.port", _server.Port)))
            {
                bool hasJoined = tags.Contains(new KeyValuePair<string, object?>("dnsaware.membership.change", "joined"));
                _endpoints.AddOrUpdate(instrument.Name, hasJoined ? value : -value, (_, sum) => sum + (hasJoined ? value : -value));
            }
        });
        listener.Start();
        return listener;
    }

    private static void Enable(Instrument instrument, MeterListener listener)
    {
        if (instrument.Meter.Name == "DnsAwareHttp")
        {
            listener.EnableMeasurementEvents(instrument);
        }
    }

    private ActivityListener ThrowingActivities()
    {
        ActivityListener listener = new()
        {
            ShouldListenTo = source => source.Name == "System.Net.Http" && _kind is Callback.Activity or Callback.ActivityStopped,
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStarted = _ => Meet(Callback.Activity),
            ActivityStopped = _ => Meet(Callback.ActivityStopped),
        };
        ActivitySource.AddActivityListener(listener);
        return listener;
    }

    // Answers requests that come with credentials.
    private static void MapPrivate(WebApplication app) => app.MapGet("/private", (HttpContext context) =>
    {
        if (context.Request.Headers.Authorization.Count > 0)
        {
            return Results.Text(context.Connection.LocalIpAddress!.ToString());
        }

        context.Response.Headers.WWWAuthenticate = "Basic";
        return Results.StatusCode(StatusCodes.Status401Unauthorized);
    });

    private sealed class MeetingCredentials(ThrowingCallbacksTests test) : ICredentials
    {
        public NetworkCredential? GetCredential(Uri uri, string authType)
        {
            test.Meet(Callback.Credentials);
            return new NetworkCredential("user", "secret");
        }
    }

    private sealed class MeetingResolver(ThrowingCallbacksTests test) : INameResolver, IQuestionResolver
    {
        public ValueTask<Answer> ResolveAsync(string host, CancellationToken cancellationToken)
        {
            test.Meet(Callback.Resolver);
            return test._dns.ResolveAsync(host, cancellationToken);
        }

        ValueTask<Answer> IQuestionResolver.ResolveAsync(Question question, CancellationToken cancellationToken) =>
            ResolveAsync(question.Name, cancellationToken);
    }

    private sealed class MeetingProxy(ThrowingCallbacksTests test) : IWebProxy
    {
        public ICredentials? Credentials
        {
            get => test.Meet(Callback.ProxyCredentials, always: true) ? CredentialCache.DefaultCredentials : null;
            set => throw new NotSupportedException();
        }

        public Uri GetProxy(Uri destination)
        {
            test.Meet(Callback.Proxy);
            return new Uri($"http://proxy.test:{test._server.Port}");
        }

        // A proxy that throws counts as none, as in the runtime: the host that is behind the proxy has no address of its own.
        public bool IsBypassed(Uri host) => host.Host != "proxied.test";
    }

    private sealed class Loggers(ThrowingCallbacksTests test) : ILoggerFactory, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => test.Meet(Callback.LogLevelCheck);

        public void Log<TState>(LogLevel logLevel, EventId id, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            test._events[id.Name!] = true;
            test.Meet(Callback.LogProvider);
        }

        public void Dispose()
        {
        }
    }
}
