using System.Net.Sockets;
using DnsAwareHttp.Resolution;

namespace DnsAwareHttp.Tests.Resolution;

public sealed class CacheEntryTests
{
    private static readonly DateTimeOffset Now = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly CacheEntry _entry = new(Question.ForAddresses("svc.test", AddressFamily.Unspecified));

    [Fact]
    public void Current_IsReplacedUnderTheLockAlone()
    {
        _entry.Invoking(entry => entry.Current = Known(1)).Should().Throw<InvalidOperationException>();

        Know(Known(1));

        _entry.Current!.Version.Should().Be(1);
    }

    [Fact]
    public void New_HasNoPlans()
    {
        _entry.Due.Should().Be(DateTimeOffset.MaxValue);
        _entry.OverdueAt.Should().Be(long.MaxValue);
        (_entry.LastHintAt, _entry.LastAwaitedAt).Should().Be((DateTimeOffset.MinValue, DateTimeOffset.MinValue));
    }

    [Fact]
    public void Expire_EndsTheBelief_AndKeepsAnEarlierEnd()
    {
        Know(Known(1));
        Expire(Now.AddSeconds(40));
        _entry.Current!.ExpiresAt.Should().Be(Now.AddSeconds(30), "it was over already");

        Expire(Now);

        _entry.Current.Should().Be(Known(1) with { ExpiresAt = Now });
    }

    [Fact]
    public void Expire_BeforeTheFirstAnswer_ChangesNothing()
    {
        Expire(Now);

        _entry.Current.Should().BeNull();
    }

    [Fact]
    public void IsReporting_FromTheAnswerToTheEndOfItsQuestion()
    {
        IsReporting().Should().BeFalse();
        _entry.InFlight = new TaskCompletionSource<CachedAnswer>().Task;
        IsReporting().Should().BeFalse("the first question is not answered");

        Know(Known(1));
        IsReporting().Should().BeTrue();

        _entry.InFlight = null;
        IsReporting().Should().BeFalse();

        (_entry.InFlight, _entry.VersionWhenSent) = (new TaskCompletionSource<CachedAnswer>().Task, 1);
        IsReporting().Should().BeFalse("the answer is that of the question before");
    }

    private static CachedAnswer Known(long version) =>
        new(version, new Answer.Failed("test"), null, null, Now.AddSeconds(30), Now.AddSeconds(30), 1);

    private bool IsReporting()
    {
        using (_entry.Lock.Enter())
        {
            return _entry.IsReporting_NeedsLock();
        }
    }

    private void Know(CachedAnswer answer)
    {
        using (_entry.Lock.Enter())
        {
            _entry.Current = answer;
        }
    }

    private void Expire(DateTimeOffset now)
    {
        using (_entry.Lock.Enter())
        {
            _entry.Expire_NeedsLock(now);
        }
    }
}
