using DnsAwareHttp.DependencyInjection;
using DnsAwareHttp.Tests.Fakes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace DnsAwareHttp.Tests.DependencyInjection;

/// <summary>Code of the application runs under no lock of the library; what it throws costs the one thing that it was asked for.</summary>
public sealed class NamedHandlersTests : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly ServiceCollection _services = new();
    private readonly CapturingLogger _log = new();
    private readonly Changes _changes = new();
    private ServiceProvider? _provider;

    public NamedHandlersTests() =>
        _services.AddSingleton<INameResolver>(new ScriptedResolver()).AddSingleton<ILoggerFactory>(_log)
            .AddSingleton<IOptionsChangeTokenSource<DnsAwareOptions>>(_changes);

    private ServiceProvider Provider => _provider ??= _services.BuildServiceProvider();

    private IDnsAwareHandlers Handlers => Provider.GetRequiredService<IDnsAwareHandlers>();

    public async ValueTask DisposeAsync()
    {
        if (_provider is not null)
        {
            await _provider.DisposeAsync();
        }
    }

    [Fact]
    public async Task ConfigureThatBlocksForOneClient_DoesNotBlockAnother()
    {
        using Gate gate = new();
        _services.AddHttpClient("a").AddDnsAwareHandler(_ => gate.Pass());
        _services.AddHttpClient("b").AddDnsAwareHandler();
        Task<DnsAwareHandler> a = Task.Run(() => Handlers.GetHandler("a"));
        await gate.Reached.WaitAsync(Patience);

        await Task.Run(() => Handlers.GetHandler("b")).WaitAsync(Patience);
        Handlers.ClientNames.Should().Equal("b");

        gate.Open();
        await a.WaitAsync(Patience);
        Handlers.ClientNames.Should().Equal("a", "b");
    }

    [Fact]
    public async Task ReloadThatBlocksForOneClient_DoesNotBlockANewOneNorTheSnapshots()
    {
        using Gate gate = new() { IsOpen = true };
        _services.AddHttpClient("a").AddDnsAwareHandler(_ => gate.Pass());
        _services.AddHttpClient("b").AddDnsAwareHandler();
        Handlers.GetHandler("a");
        gate.IsOpen = false;
        Task reload = Task.Run(() => _changes.Fire());
        await gate.Reached.WaitAsync(Patience);

        await Task.Run(() => Handlers.GetHandler("b")).WaitAsync(Patience);
        Handlers.GetSnapshots().Keys.Should().BeEquivalentTo("a", "b");

        gate.Open();
        await reload.WaitAsync(Patience);
    }

    [Fact]
    public async Task TwoChangesAtATime_TheLaterOneHasTheLastWord()
    {
        using Gate gate = new() { IsOpen = true };
        int endpoints = 1;
        List<int> read = [];
        Changes others = new();
        _services.AddSingleton<IOptionsChangeTokenSource<DnsAwareOptions>>(others);
        _services.AddHttpClient("a").AddDnsAwareHandler(options =>
        {
            options.MaxEndpointsPerOrigin = Volatile.Read(ref endpoints);
            read.Add(options.MaxEndpointsPerOrigin);
            gate.Pass();
        });
        DnsAwareHandler handler = Handlers.GetHandler("a");
        gate.IsOpen = false;
        Volatile.Write(ref endpoints, 2);
        Task first = Task.Run(() => _changes.Fire());
        await gate.Reached.WaitAsync(Patience);

        Volatile.Write(ref endpoints, 3);
        await Task.Run(() => others.Fire()).WaitAsync(Patience);
        gate.Open();
        await first.WaitAsync(Patience);

        read.Should().Equal(1, 2, 3);
        handler.Apply(new DnsAwareOptions { MaxEndpointsPerOrigin = 3 }).Should().BeFalse("these options are in use already");
    }

    [Fact]
    public async Task ChangeWhileAClientIsMade_IsNotMissed()
    {
        using Gate gate = new();
        int endpoints = 1;
        _services.AddHttpClient("a").AddDnsAwareHandler(options =>
        {
            options.MaxEndpointsPerOrigin = Volatile.Read(ref endpoints);
            gate.Pass();
        });
        Task<DnsAwareHandler> making = Task.Run(() => Handlers.GetHandler("a"));
        await gate.Reached.WaitAsync(Patience);

        Volatile.Write(ref endpoints, 2);
        _changes.Fire();
        gate.Open();

        (await making.WaitAsync(Patience)).Apply(new DnsAwareOptions { MaxEndpointsPerOrigin = 2 }).Should()
            .BeFalse("these options are in use already");
    }

    [Fact]
    public void ConfigureThatThrowsOnReload_LeavesTheOldOptionsInUse()
    {
        bool isBroken = false;
        _services.AddHttpClient("a")
            .AddDnsAwareHandler(options => options.MaxEndpointsPerOrigin = isBroken ? throw new InvalidOperationException("broken") : 5);
        int others = 1;
        _services.AddHttpClient("b").AddDnsAwareHandler(options => options.MaxEndpointsPerOrigin = others);
        DnsAwareHandler a = Handlers.GetHandler("a");
        DnsAwareHandler b = Handlers.GetHandler("b");
        (isBroken, others) = (true, 2);

        _changes.Invoking(changes => changes.Fire()).Should().NotThrow();

        a.Apply(new DnsAwareOptions { MaxEndpointsPerOrigin = 5 }).Should().BeFalse();
        b.Apply(new DnsAwareOptions { MaxEndpointsPerOrigin = 2 }).Should()
            .BeFalse("one client's mistake costs no other client its change");
        _log.Entries.Should().ContainSingle(entry => entry.Event == "OptionsRefused").Which.Message.Should().Contain("\"a\"")
            .And.Contain("broken");
    }

    [Fact]
    public void ConfigureThatThrowsAtFirstUse_CostsThatUseAlone()
    {
        int calls = 0;
        _services.AddHttpClient("a").AddDnsAwareHandler(_ =>
        {
            if (++calls == 1)
            {
                throw new InvalidOperationException("not yet");
            }
        });

        // Not through the factory: it keeps the exception of a pipeline that could not be made.
        NamedHandlers handlers = Provider.GetRequiredService<NamedHandlers>();
        using SocketsHttpHandler primary = new();

        handlers.Invoking(all => all.Get("a", primary)).Should().Throw<InvalidOperationException>().WithMessage("not yet");
        handlers.Get("a", primary).Should().NotBeNull();
    }

    [Fact]
    public void LogProviderThatThrows_DoesNotReachTheConfiguration()
    {
        bool isBroken = false;
        _services.AddSingleton<ILoggerFactory>(new ThrowingLoggers(() => isBroken));
        _services.AddHttpClient("a").AddDnsAwareHandler(options => options.MaxEndpointsPerOrigin = isBroken ? 0 : 5);
        DnsAwareHandler a = Handlers.GetHandler("a");
        isBroken = true;

        _changes.Invoking(changes => changes.Fire()).Should().NotThrow();

        a.Apply(new DnsAwareOptions { MaxEndpointsPerOrigin = 5 }).Should().BeFalse();
    }

    [Fact]
    public void ChangeSourceThatThrows_CostsItsOwnChangesAlone()
    {
        int endpoints = 1;
        _services.AddSingleton<IOptionsChangeTokenSource<DnsAwareOptions>>(new BrokenSource());
        _services.AddHttpClient("a").AddDnsAwareHandler(options => options.MaxEndpointsPerOrigin = endpoints);
        DnsAwareHandler a = Handlers.GetHandler("a");
        endpoints = 2;

        _changes.Fire();

        a.Apply(new DnsAwareOptions { MaxEndpointsPerOrigin = 2 }).Should().BeFalse();
        _log.Entries.Should().ContainSingle(entry => entry.Event == "OptionsRefused").Which.Message.Should().Contain("no token");
    }

    [Fact]
    public async Task TwoFirstUsesAtATime_GetTheSameHandler()
    {
        using CountdownEvent both = new(2);
        _services.AddHttpClient("a").AddDnsAwareHandler(_ =>
        {
            if (!both.IsSet)
            {
                both.Signal();
                both.Wait(Patience);
            }
        });
        NamedHandlers handlers = Provider.GetRequiredService<NamedHandlers>();
        using SocketsHttpHandler one = new();
        using SocketsHttpHandler other = new();

        DnsAwareHandler?[] made = await Task.WhenAll(Task.Run(() => handlers.Get("a", one)), Task.Run(() => handlers.Get("a", other)))
            .WaitAsync(Patience);

        made[0].Should().BeSameAs(made[1]);
        handlers.ClientNames.Should().Equal("a");
    }

    [Fact]
    public void UnusedPrimaryHandlerWhoseDisposalThrows_DoesNotFailTheClient()
    {
        _services.AddHttpClient("a").AddDnsAwareHandler();
        NamedHandlers handlers = Provider.GetRequiredService<NamedHandlers>();
        using SocketsHttpHandler primary = new();
        DnsAwareHandler? made = handlers.Get("a", primary);

        handlers.Get("a", new StubHandler { ThrownByDispose = new InvalidOperationException("cannot be disposed") }).Should().BeSameAs(made);
        handlers.Get("a", primary).Should().BeSameAs(made);
        _log.Entries.Should().ContainSingle(entry => entry.Event == "PrimaryHandlerDisposalThrew").Which.Message.Should().Contain("\"a\"");
    }

    [Fact]
    public async Task ContainerDisposedWhileAClientIsMade_LeavesNoHandler()
    {
        using Gate gate = new();
        _services.AddHttpClient("a").AddDnsAwareHandler(_ => gate.Pass());
        NamedHandlers handlers = Provider.GetRequiredService<NamedHandlers>();
        using SocketsHttpHandler primary = new();
        Task<DnsAwareHandler?> making = Task.Run(() => handlers.Get("a", primary));
        await gate.Reached.WaitAsync(Patience);

        handlers.Dispose();
        gate.Open();

        await making.Awaiting(task => task.WaitAsync(Patience)).Should().ThrowAsync<ObjectDisposedException>();
        handlers.ClientNames.Should().BeEmpty();
    }

    /// <summary>Holds the thread that comes by until it is opened.</summary>
    private sealed class Gate : IDisposable
    {
        private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly ManualResetEventSlim _open = new();

        public bool IsOpen { get; set; }

        public Task Reached => _reached.Task;

        public void Pass()
        {
            if (IsOpen)
            {
                return;
            }

            _reached.TrySetResult();
            _open.Wait(Patience).Should().BeTrue("the gate is opened");
        }

        public void Open()
        {
            IsOpen = true;
            _open.Set();
        }

        public void Dispose() => _open.Dispose();
    }

    private sealed class Changes : IOptionsChangeTokenSource<DnsAwareOptions>
    {
        private CancellationTokenSource _change = new();

        public string Name => Options.DefaultName;

        public IChangeToken GetChangeToken() => new CancellationChangeToken(Volatile.Read(ref _change).Token);

        public void Fire() => Interlocked.Exchange(ref _change, new CancellationTokenSource()).Cancel();
    }

    private sealed class BrokenSource : IOptionsChangeTokenSource<DnsAwareOptions>
    {
        public string Name => Options.DefaultName;

        public IChangeToken GetChangeToken() => throw new InvalidOperationException("no token");
    }

    private sealed class ThrowingLoggers(Func<bool> isBroken) : ILoggerFactory, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public void AddProvider(ILoggerProvider provider)
        {
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (isBroken())
            {
                throw new InvalidOperationException("the log is closed");
            }
        }

        public void Dispose()
        {
        }
    }
}
