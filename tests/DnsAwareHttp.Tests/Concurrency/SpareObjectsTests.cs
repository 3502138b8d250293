using DnsAwareHttp.Concurrency;

namespace DnsAwareHttp.Tests.Concurrency;

public sealed class SpareObjectsTests
{
    private readonly SpareObjects<object> _spare = new(2);

    [Fact]
    public void Take_NoneIsKept_MakesOne() => Take().Should().NotBeNull();

    [Fact]
    public void Take_OneIsKept_IsThatOneOnce()
    {
        object kept = new();
        _spare.TryKeep(kept).Should().BeTrue();

        Take().Should().BeSameAs(kept);
        Take().Should().NotBeSameAs(kept);
    }

    [Fact]
    public void TryKeep_EnoughAreKept_LeavesItToTheCaller()
    {
        _spare.TryKeep(new object()).Should().BeTrue();
        _spare.TryKeep(new object()).Should().BeTrue();
        _spare.TryKeep(new object()).Should().BeFalse();

        _ = Take();
        _spare.TryKeep(new object()).Should().BeTrue();
    }

    private object Take() => _spare.Take(static _ => new object(), 0);
}
