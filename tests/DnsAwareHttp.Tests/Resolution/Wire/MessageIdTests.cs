using DnsAwareHttp.Resolution.Wire;

namespace DnsAwareHttp.Tests.Resolution.Wire;

public sealed class MessageIdTests
{
    private const int Count = 100_000;

    [Fact]
    public void Next_AllIdsAreGiven_AndNoBitIsFixed()
    {
        ushort[] ids = Take(Count);

        // 100,000 draws of 65,536 values miss 22 % of them: 51,286 different ones, with a standard deviation of 88.
        ids.Distinct().Count().Should().BeInRange(50_600, 52_000);
        for (int bit = 0; bit < 16; bit++)
        {
            ids.Count(id => (id & (1 << bit)) != 0).Should().BeInRange(48_500, 51_500, "bit {0} is as often 0 as 1", bit);
        }
    }

    [Fact]
    public void Next_NothingIsRepeatedWhenTheSupplyIsRenewed()
    {
        ushort[] ids = Take(4 * MessageId.MaxReady);

        ids[..MessageId.MaxReady].Should().NotEqual(ids[MessageId.MaxReady..(2 * MessageId.MaxReady)]);
        ids[(2 * MessageId.MaxReady)..(3 * MessageId.MaxReady)].Should().NotEqual(ids[(3 * MessageId.MaxReady)..]);
    }

    [Fact]
    public void Next_ThreadsShareNothing()
    {
        ushort[][] ids = new ushort[4][];
        Thread[] threads = [.. Enumerable.Range(0, ids.Length).Select(number => new Thread(() => ids[number] = Take(64)))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());

        ids.Select(some => string.Join(' ', some)).Should().OnlyHaveUniqueItems();
    }

    private static ushort[] Take(int count)
    {
        ushort[] ids = new ushort[count];
        for (int index = 0; index < count; index++)
        {
            ids[index] = MessageId.Next();
        }

        return ids;
    }
}
