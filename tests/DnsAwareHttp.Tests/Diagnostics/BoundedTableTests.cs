using DnsAwareHttp.Diagnostics;

namespace DnsAwareHttp.Tests.Diagnostics;

public sealed class BoundedTableTests
{
    private readonly BoundedTable<string, string> _table = new(max: 2);

    [Fact]
    public void FirstKeys_HaveValuesOfTheirOwn_LaterOnesShareOne()
    {
        Of("a").Should().Be("value of a");
        Of("b").Should().Be("value of b");
        Of("c").Should().Be("other");
        Of("a").Should().Be("value of a");

        _table.Values.Should().BeEquivalentTo("value of a", "value of b");
    }

    [Fact]
    public void ManyThreads_MakeNoMoreValuesThanTheBound()
    {
        BoundedTable<int, object> table = new(max: 10);
        object other = new();

        Parallel.For(0, 10_000, i => table.Of(i % 100, static _ => new object(), other));

        table.Values.Should().HaveCount(10);
        Enumerable.Range(0, 100).Count(i => table.Of(i, static _ => new object(), other) != other).Should().Be(10);
    }

    private string Of(string key) => _table.Of(key, static key => $"value of {key}", "other");
}
