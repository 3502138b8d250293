using DnsAwareHttp.Concurrency;

namespace DnsAwareHttp.Tests.Concurrency;

public sealed class OrderedLockTests
{
    private readonly OrderedLock _outer = new(LockRank.Origin);
    private readonly OrderedLock _inner = new(LockRank.Name);

    [Fact]
    public void Enter_HoldsTheLockUntilDisposed()
    {
        using (_outer.Enter())
        {
            _outer.IsHeldByCurrentThread.Should().BeTrue();
            OrderedLock.IsAnyHeld.Should().BeTrue();
            OnAnotherThread(() => _outer.IsHeldByCurrentThread || OrderedLock.IsAnyHeld).Should().BeFalse();
        }

        _outer.IsHeldByCurrentThread.Should().BeFalse();
        OrderedLock.IsAnyHeld.Should().BeFalse();
    }

    [Fact]
    public void Enter_TheBodyThrows_ReleasesTheLock()
    {
        FluentActions.Invoking(() =>
        {
            using (_outer.Enter())
            {
                throw new NotSupportedException();
            }
        }).Should().Throw<NotSupportedException>();

        OrderedLock.IsAnyHeld.Should().BeFalse();
        OnAnotherThread(() => CanEnter(_outer)).Should().BeTrue();
    }

    [Fact]
    public void Enter_InTheOrderOfTheRanks_IsAllowed()
    {
        using (_outer.Enter())
        using (_inner.Enter())
        {
            _inner.IsHeldByCurrentThread.Should().BeTrue();
        }
    }

    [Fact]
    public void Enter_AgainstTheOrder_FailsAndTakesNothing()
    {
        using (_inner.Enter())
        {
            Entering(_outer).Should().Throw<InvalidOperationException>().WithMessage("*Origin*inside*Name*");
            OnAnotherThread(() => CanEnter(_outer)).Should().BeTrue();
        }
    }

    [Fact]
    public void Enter_AnotherLockOfTheSameRank_Fails()
    {
        OrderedLock twin = new(LockRank.Origin);
        using (_outer.Enter())
        {
            Entering(twin).Should().Throw<InvalidOperationException>();
        }
    }

    [Fact]
    public void Enter_ALockThatTheThreadHolds_IsAllowedAlsoInsideLaterOnes()
    {
        using (_outer.Enter())
        using (_inner.Enter())
        {
            using (_outer.Enter())
            {
                _outer.IsHeldByCurrentThread.Should().BeTrue();
            }

            _outer.IsHeldByCurrentThread.Should().BeTrue("it was taken twice");
        }
    }

    [Fact]
    public void Enter_BetweenTheRanksAfterAnOuterLockWasTakenAgain_Fails()
    {
        OrderedLock between = new(LockRank.File);
        using (_outer.Enter())
        using (_inner.Enter())
        using (_outer.Enter())
        {
            Entering(between).Should().Throw<InvalidOperationException>().WithMessage("*File*inside*Name*");
        }
    }

    [Fact]
    public void TryEnter_TheLockIsFree_TakesIt()
    {
        _outer.TryEnter(out OrderedLock.Scope scope).Should().BeTrue();
        using (scope)
        {
            _outer.IsHeldByCurrentThread.Should().BeTrue();
            OrderedLock.IsAnyHeld.Should().BeTrue();
        }

        OrderedLock.IsAnyHeld.Should().BeFalse();
    }

    [Fact]
    public void TryEnter_AnotherThreadHoldsTheLock_ReturnsFalseAndReleasesNothing()
    {
        using (_outer.Enter())
        {
            OnAnotherThread(() => CanEnter(_outer)).Should().BeFalse();
            _outer.IsHeldByCurrentThread.Should().BeTrue();
        }
    }

    [Fact]
    public void TryEnter_AgainstTheOrder_Fails()
    {
        using (_inner.Enter())
        {
            FluentActions.Invoking(() => CanEnter(_outer)).Should().Throw<InvalidOperationException>();
        }
    }

    [Fact]
    public void AssertHeld_TheThreadDoesNotHoldTheLock_NamesIt()
    {
        _outer.Invoking(held => held.AssertHeld()).Should().Throw<InvalidOperationException>().WithMessage("*Origin*");
        using (_outer.Enter())
        {
            _outer.Invoking(held => held.AssertHeld()).Should().NotThrow();
        }
    }

    [Fact]
    public void AssertNoneHeld_TheThreadHoldsALock_NamesTheInnermost()
    {
        FluentActions.Invoking(OrderedLock.AssertNoneHeld).Should().NotThrow();
        using (_outer.Enter())
        using (_inner.Enter())
        {
            FluentActions.Invoking(OrderedLock.AssertNoneHeld).Should().Throw<InvalidOperationException>().WithMessage("*Name*");
        }
    }

    [Fact]
    public void AfterRelease_NoLockIsHeld_RunsAtOnce()
    {
        bool ran = false;

        OrderedLock.AfterRelease(() => ran = true);

        ran.Should().BeTrue();
    }

    [Fact]
    public void AfterRelease_UnderLocks_RunsInOrderAfterTheOutermostIsReleased()
    {
        List<string> ran = [];
        using (_outer.Enter())
        {
            using (_inner.Enter())
            {
                OrderedLock.AfterRelease(() => ran.Add($"first, held: {OrderedLock.IsAnyHeld}"));
                OrderedLock.AfterRelease(() => ran.Add("second"));
            }

            ran.Should().BeEmpty();
        }

        ran.Should().Equal("first, held: False", "second");
    }

    [Fact]
    public void AfterRelease_TheBodyThrows_RunsAllTheSame()
    {
        bool ran = false;

        FluentActions.Invoking(() =>
        {
            using (_outer.Enter())
            {
                OrderedLock.AfterRelease(() => ran = true);
                throw new NotSupportedException();
            }
        }).Should().Throw<NotSupportedException>();

        ran.Should().BeTrue();
    }

    [Fact]
    public void AfterRelease_TheActionTakesALockAndAddsAnother_BothRunOnce()
    {
        List<string> ran = [];
        using (_outer.Enter())
        {
            OrderedLock.AfterRelease(() =>
            {
                using (_outer.Enter())
                {
                    OrderedLock.AfterRelease(() => ran.Add("of the action"));
                    ran.Add("the action");
                }
            });
        }

        ran.Should().Equal("the action", "of the action");
    }

    private static Action Entering(OrderedLock taken) => () => taken.Enter().Dispose();

    private static bool CanEnter(OrderedLock taken)
    {
        bool isTaken = taken.TryEnter(out OrderedLock.Scope scope);
        scope.Dispose();
        return isTaken;
    }

    private static bool OnAnotherThread(Func<bool> ask)
    {
        bool answer = false;
        Thread thread = new(() => answer = ask());
        thread.Start();
        thread.Join();
        return answer;
    }
}
