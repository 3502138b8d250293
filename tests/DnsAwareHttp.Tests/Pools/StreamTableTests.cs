using DnsAwareHttp.Pools;

namespace DnsAwareHttp.Tests.Pools;

public sealed class StreamTableTests
{
    private readonly StreamTable _table = new();

    [Fact]
    public void Added_IsThereUntilRemoved_Once()
    {
        _table.Add(1).Should().BeTrue();
        _table.Add(1).Should().BeFalse("it is there");
        _table.Add(3).Should().BeTrue();

        _table.Remove(1).Should().BeTrue();
        _table.Remove(1).Should().BeFalse();
        _table.Clear().Should().Be(1);
        _table.Remove(3).Should().BeFalse();
    }

    [Fact]
    public void ManyLongStreams_AStreamWithoutAPlaceIsLeftOut()
    {
        int added = Enumerable.Range(0, 1_000).Count(number => _table.Add((2 * number) + 1));

        added.Should().BeInRange(200, 256);
        _table.Clear().Should().Be(added);
    }

    [Fact]
    public void AddedAndRemovedByTwoThreads_NothingIsLeft()
    {
        for (int round = 0; round < 1_000; round++)
        {
            int stream = (2 * round) + 1;
            _table.Add(stream);
            int removed = 0;
            Parallel.Invoke(Remove, Remove);
            removed.Should().Be(1);

            void Remove() => Interlocked.Add(ref removed, _table.Remove(stream) ? 1 : 0);
        }

        _table.Clear().Should().Be(0);
    }
}
