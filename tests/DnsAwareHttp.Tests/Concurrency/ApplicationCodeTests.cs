using DnsAwareHttp.Concurrency;

namespace DnsAwareHttp.Tests.Concurrency;

public sealed class ApplicationCodeTests
{
    private readonly OrderedLock _lock = new(LockRank.Origin);

    [Fact]
    public void Ask_ReturnsTheAnswer() => ApplicationCode.Ask(static (int number) => number * 2, 21).Should().Be(42);

    [Fact]
    public void Ask_TheCallbackThrows_TheExceptionLeavesToTheCaller() =>
        FluentActions.Invoking(() => ApplicationCode.Ask<int, int>(static _ => throw new NotSupportedException("no"), 1))
            .Should().Throw<NotSupportedException>().WithMessage("no");

    [Fact]
    public void Ask_UnderALock_Fails()
    {
        using (_lock.Enter())
        {
            FluentActions.Invoking(() => ApplicationCode.Ask(static (int number) => number, 1)).Should().Throw<InvalidOperationException>();
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Ask_InheritsNoAsyncLocalAndNoSynchronizationContext_AndTheCallerKeepsItsOwn(bool throws)
    {
        AsyncLocal<string> local = new() { Value = "of the caller" };
        SynchronizationContext mine = new();
        SynchronizationContext? before = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(mine);
        (string? Local, SynchronizationContext? Context) seen = ("not asked", mine);
        try
        {
            FluentActions.Invoking(() => ApplicationCode.Ask(
                (int number) =>
                {
                    seen = (local.Value, SynchronizationContext.Current);
                    local.Value = "of the callback";
                    return throws ? throw new NotSupportedException() : number;
                },
                1)).Should().NotThrow<InvalidOperationException>("no lock is held");
            SynchronizationContext.Current.Should().BeSameAs(mine);
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }

        seen.Should().Be((null, null));
        local.Value.Should().Be("of the caller");
    }

    [Fact]
    public void Tell_WithoutALock_HappensAtOnce()
    {
        List<int> told = [];

        ApplicationCode.Tell(told.Add, 1);

        told.Should().Equal(1);
    }

    [Fact]
    public void Tell_UnderALock_WaitsForItsRelease()
    {
        List<(int Number, bool IsHeld)> told = [];
        using (_lock.Enter())
        {
            ApplicationCode.Tell(number => told.Add((number, OrderedLock.IsAnyHeld)), 1);
            ApplicationCode.Tell(number => told.Add((number, OrderedLock.IsAnyHeld)), 2);
            told.Should().BeEmpty();
        }

        told.Should().Equal((1, false), (2, false));
    }

    [Fact]
    public void Tell_TheCallbackThrows_TheExceptionEndsThere() =>
        FluentActions.Invoking(() => ApplicationCode.Tell<int>(static _ => throw new NotSupportedException(), 1)).Should().NotThrow();

    [Fact]
    public void Tell_UnderALockTheCallbackThrows_TheNextOneIsStillTold()
    {
        List<int> told = [];
        using (_lock.Enter())
        {
            ApplicationCode.Tell<int>(static _ => throw new NotSupportedException(), 1);
            ApplicationCode.Tell(told.Add, 2);
        }

        told.Should().Equal(2);
    }
}
