using DnsAwareHttp.Pools;

namespace DnsAwareHttp.Tests.Pools;

public sealed class DrainGateTests
{
    [Fact]
    public void Open_LetsInAndCounts()
    {
        DrainGate gate = new();

        gate.TryEnter().Should().BeTrue();
        gate.TryEnter().Should().BeTrue();
        gate.Count.Should().Be(2);
        gate.Exit();

        gate.Count.Should().Be(1);
        gate.IsClosed.Should().BeFalse();
        gate.Empty.IsCompleted.Should().BeFalse();
    }

    [Fact]
    public void Limit_LetsInSoManyAndNoMore()
    {
        DrainGate gate = new();

        gate.TryEnter(2).Should().BeTrue();
        gate.TryEnter(2).Should().BeTrue();
        gate.TryEnter(2).Should().BeFalse();
        gate.Count.Should().Be(2, "the third one was not counted for a moment either");
        gate.Exit();
        gate.TryEnter(2).Should().BeTrue();
        gate.TryEnter(0).Should().BeFalse();
        gate.TryEnter(-1).Should().BeFalse();
        gate.TryEnter(long.MaxValue).Should().BeTrue();

        gate.Close();
        gate.TryEnter(100).Should().BeFalse();
        gate.TryEnter(long.MaxValue).Should().BeFalse();
        gate.Count.Should().Be(3);
    }

    [Fact]
    public async Task Limit_ManyComeAtTheSameTime_NeverMoreThanSoManyAreInside()
    {
        DrainGate gate = new();
        int inside = 0;
        int tooMany = 0;
        Task[] visitors = [.. Enumerable.Range(0, 4).Select(_ => Task.Factory.StartNew(Visit, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default))];

        await Task.WhenAll(visitors);

        tooMany.Should().Be(0);
        gate.Count.Should().Be(0);

        void Visit()
        {
            for (int visit = 0; visit < 50_000; visit++)
            {
                if (gate.TryEnter(2))
                {
                    Interlocked.Add(ref tooMany, Interlocked.Increment(ref inside) > 2 ? 1 : 0);
                    Interlocked.Decrement(ref inside);
                    gate.Exit();
                }
            }
        }
    }

    [Fact]
    public void Open_LeftByAll_IsNotReportedEmpty()
    {
        DrainGate gate = new();
        gate.TryEnter();
        gate.Exit();

        gate.Empty.IsCompleted.Should().BeFalse("it is not closed, and someone may come in");
    }

    [Fact]
    public void Closed_WithNobodyInside_IsEmptyAtOnce()
    {
        DrainGate gate = new();

        gate.Close();

        gate.IsClosed.Should().BeTrue();
        gate.Empty.IsCompletedSuccessfully.Should().BeTrue();
    }

    [Fact]
    public void Closed_LetsNobodyInAndIsEmptyWhenTheLastOneLeaves()
    {
        DrainGate gate = new();
        gate.TryEnter();
        gate.TryEnter();

        gate.Close();

        gate.TryEnter().Should().BeFalse();
        gate.Count.Should().Be(2);
        gate.Exit();
        gate.Empty.IsCompleted.Should().BeFalse();
        gate.Exit();
        gate.Empty.IsCompletedSuccessfully.Should().BeTrue();
        gate.Count.Should().Be(0);
    }

    [Fact]
    public void Closed_AttemptsToEnterDoNotReportItEmptyWhileSomeoneIsInside()
    {
        DrainGate gate = new();
        gate.TryEnter();
        gate.Close();

        gate.TryEnter();
        gate.TryEnter();

        gate.Empty.IsCompleted.Should().BeFalse();
        gate.Count.Should().Be(1);
    }

    [Fact]
    public void ClosedTwice_IsClosedOnce()
    {
        DrainGate gate = new();
        gate.TryEnter();
        gate.Close();
        gate.Close();

        gate.Empty.IsCompleted.Should().BeFalse();
        gate.Exit();
        gate.Empty.IsCompletedSuccessfully.Should().BeTrue();
    }

    [Fact]
    public async Task ClosedWhileManyComeAndGo_NobodyIsInsideOnceItIsEmptyAndNobodyEntersOnceItIsClosed()
    {
        const int Rounds = 20_000;
        DrainGate[] gates = [.. Enumerable.Range(0, Rounds).Select(_ => new DrainGate())];
        bool[] closeReturned = new bool[Rounds];
        int[] entered = new int[Rounds];
        int insideAnEmptyGate = 0, enteredAClosedGate = 0;
        Task[] visitors = [.. Enumerable.Range(0, 4).Select(_ => Task.Factory.StartNew(Visit, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default))];

        for (int round = 0; round < Rounds; round++)
        {
            SpinWait spin = default;
            while (Volatile.Read(ref entered[round]) <= round % 3)
            {
                spin.SpinOnce(sleep1Threshold: -1);
            }

            gates[round].Close();
            Volatile.Write(ref closeReturned[round], true);
        }

        await Task.WhenAll(visitors);
        insideAnEmptyGate.Should().Be(0);
        enteredAClosedGate.Should().Be(0);
        gates.Should().OnlyContain(gate => gate.Count == 0 && gate.IsClosed && gate.Empty.IsCompletedSuccessfully);

        void Visit()
        {
            for (int round = 0; round < Rounds; round++)
            {
                bool wasClosed = false;
                while (!wasClosed)
                {
                    wasClosed = Volatile.Read(ref closeReturned[round]);
                    if (gates[round].TryEnter())
                    {
                        Interlocked.Add(ref enteredAClosedGate, wasClosed ? 1 : 0);
                        Interlocked.Increment(ref entered[round]);
                        Interlocked.Add(ref insideAnEmptyGate, gates[round].Empty.IsCompleted ? 1 : 0);
                        gates[round].Exit();
                    }
                }
            }
        }
    }
}
