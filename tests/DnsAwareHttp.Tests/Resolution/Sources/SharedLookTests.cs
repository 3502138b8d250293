using DnsAwareHttp.Resolution.Sources;
using DnsAwareHttp.Tests.Fakes;
using Microsoft.Extensions.Logging.Abstractions;

namespace DnsAwareHttp.Tests.Resolution.Sources;

public sealed class SharedLookTests : IDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly ManualTimeProvider _clock = new();
    private readonly TemporaryFile _temporary = new();
    private readonly ManualResetEventSlim _mayRead = new(initialState: true);
    private readonly TaskCompletionSource _reads = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly PolledFile<string> _file;
    private readonly SharedLook<string> _look;

    public SharedLookTests()
    {
        _temporary.Write("one");
        _file = new PolledFile<string>(_temporary.Path, Period, Read, _clock, NullLogger.Instance, isNamed: true);
        _look = new SharedLook<string>(_file);
    }

    public void Dispose()
    {
        _mayRead.Dispose();
        _temporary.Dispose();
    }

    [Fact]
    public async Task CallerThatGivesUp_DoesNotEndTheLookOfTheOthers()
    {
        _mayRead.Reset();
        using CancellationTokenSource giveUp = new();
        Task<string> one = _look.GetAsync(giveUp.Token).AsTask();
        Task<string> other = _look.GetAsync(default).AsTask();
        await _reads.Task.WaitAsync(Patience);

        await giveUp.CancelAsync();

        await one.Awaiting(static task => task.WaitAsync(Patience)).Should().ThrowAsync<OperationCanceledException>();
        other.IsCompleted.Should().BeFalse("the file is being read, on another thread");
        _mayRead.Set();
        (await other.WaitAsync(Patience)).Should().Be("one");
    }

    [Fact]
    public async Task NextCaller_LooksAgain()
    {
        (await _look.GetAsync(default)).Should().Be("one");
        _temporary.Write("two, which is longer");
        _clock.Advance(Period);

        (await _look.GetAsync(default)).Should().Be("two, which is longer");
    }

    [Fact]
    public async Task WatchedFile_IsKnownWithoutALook()
    {
        (await _look.GetAsync(default)).Should().Be("one");
        using IDisposable watch = _file.Watch(static (_, _) => { });

        ValueTask<string> known = _look.GetAsync(default);

        known.IsCompletedSuccessfully.Should().BeTrue();
        (await known).Should().Be("one");
    }

    private string Read(string? text)
    {
        _reads.TrySetResult();
        _mayRead.Wait();
        return text ?? "";
    }
}
