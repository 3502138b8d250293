using DnsAwareHttp.Health;

namespace DnsAwareHttp.Tests.Health;

public sealed class RequestBudgetTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1_000)]
    public void NoLimit_IsNeverSpent(int openConnections)
    {
        RequestBudget budget = new(null);

        budget.MayBeSpent(long.MaxValue - 1).Should().BeFalse();
        budget.IsSpent(long.MaxValue - 1, openConnections).Should().BeFalse();
    }

    [Fact]
    public void OneConnection_IsSpentOnceEachTimeItServedAsManyRequests() => Spent(new RequestBudget(3), requests: 10, _ => 1).Should().Equal(3, 6, 9);

    [Fact]
    public void NoConnectionAnyMore_CountsAsOne() => Spent(new RequestBudget(3), requests: 7, _ => 0).Should().Equal(3, 6);

    [Fact]
    public void MoreConnections_ShareTheRequests() => Spent(new RequestBudget(3), requests: 13, _ => 2).Should().Equal(6, 12);

    [Fact]
    public void ConnectionsJoinMeanwhile_TheLimitMovesWithThem() => Spent(new RequestBudget(3), requests: 9, total => total < 3 ? 1 : 3).Should().Equal(9);

    [Fact]
    public void Asked_BelowTheLimit_IsNotSpentAndTheLimitStays()
    {
        RequestBudget budget = new(3);

        budget.IsSpent(2, 1).Should().BeFalse();

        budget.MayBeSpent(3).Should().BeTrue();
    }

    [Fact]
    public void LateRequest_AfterTheRenewal_NeitherRenewsNorMovesTheLimit()
    {
        RequestBudget budget = new(3);
        budget.IsSpent(100, 1).Should().BeTrue();

        budget.IsSpent(4, 1).Should().BeFalse();
        budget.IsSpent(4, 7).Should().BeFalse();

        budget.MayBeSpent(102).Should().BeFalse();
        budget.IsSpent(103, 1).Should().BeTrue();
    }

    [Fact]
    public void ManyThreads_EachBudgetIsSpentExactlyOnce()
    {
        const int Threads = 8;
        const int PerThread = 2_000;
        const int Max = 100;
        RequestBudget budget = new(Max);
        long total = 0;
        int spent = 0;
        long latest = 0;
        using Barrier start = new(Threads);
        Thread[] threads = [.. Enumerable.Range(0, Threads).Select(_ => new Thread(() =>
        {
            start.SignalAndWait();
            for (int request = 0; request < PerThread; request++)
            {
                long mine = Interlocked.Increment(ref total);
                if (budget.MayBeSpent(mine) && budget.IsSpent(mine, 1))
                {
                    Interlocked.Increment(ref spent);
                    Interlocked.Exchange(ref latest, mine);
                }
            }
        }))];

        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());

        // A thread may come late with its number: a budget may last a few requests longer, and never ends twice.
        spent.Should().BeInRange(1, Threads * PerThread / Max);
        budget.MayBeSpent(latest).Should().BeFalse();
        budget.IsSpent(total + Max, 1).Should().BeTrue();
        budget.IsSpent(total + Max, 1).Should().BeFalse();
    }

    [Fact]
    public void ManyThreads_AskAtTheLimit_OneIsTold()
    {
        const int Threads = 8;
        for (int round = 0; round < 200; round++)
        {
            RequestBudget budget = new(1_000);
            int spent = 0;
            Parallel.For(0, Threads, new ParallelOptions { MaxDegreeOfParallelism = Threads }, thread =>
            {
                if (budget.IsSpent(1_000 + thread, 1))
                {
                    Interlocked.Increment(ref spent);
                }
            });

            spent.Should().Be(1);
        }
    }

    private static List<long> Spent(RequestBudget budget, int requests, Func<long, int> connections)
    {
        List<long> spent = [];
        for (long total = 1; total <= requests; total++)
        {
            if (budget.MayBeSpent(total) && budget.IsSpent(total, connections(total)))
            {
                spent.Add(total);
            }
        }

        return spent;
    }
}
