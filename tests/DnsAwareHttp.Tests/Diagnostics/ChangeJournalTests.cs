using System.Net;
using System.Runtime.CompilerServices;
using DnsAwareHttp.Diagnostics;
using DnsAwareHttp.Tests.Loopback;

namespace DnsAwareHttp.Tests.Diagnostics;

public sealed class ChangeJournalTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly ChangeJournal _journal = new();

    [Fact]
    public void Changes_AreKeptFor15Minutes()
    {
        _journal.Note(Joined(1, Start));
        _journal.Note(Joined(2, Start.AddMinutes(10)));

        _journal.Latest(Start.AddMinutes(15)).Should().HaveCount(2);
        _journal.Latest(Start.AddMinutes(15.1)).Should().ContainSingle();
        _journal.Latest(Start.AddMinutes(26)).Should().BeEmpty();
    }

    [Fact]
    public void ManyChanges_TheLatestAreKept()
    {
        for (int i = 0; i < ChangeJournal.MaxKept + 10; i++)
        {
            _journal.Note(Joined(i, Start));
        }

        _journal.Latest(Start).Should().HaveCount(ChangeJournal.MaxKept).And.HaveElementAt(0, Joined(10, Start));
    }

    [Fact]
    public void ChangedAnswers_AreToldAndNotKept()
    {
        _journal.Note(new DnsAwareChange.AnswerChanged { At = Start, Origin = "o", Name = "n", Addresses = [], Answer = "a" });

        _journal.Latest(Start).Should().BeEmpty();
    }

    [Fact]
    public async Task EachReader_GetsAllChangesSinceItBegan()
    {
        await using IAsyncEnumerator<DnsAwareChange> first = _journal.GetAsyncEnumerator();
        _journal.Note(Joined(1, Start));
        await using IAsyncEnumerator<DnsAwareChange> second = _journal.GetAsyncEnumerator();
        _journal.Note(Joined(2, Start));

        (await NextAsync(first)).Should().Be(Joined(1, Start));
        (await NextAsync(first)).Should().Be(Joined(2, Start));
        (await NextAsync(second)).Should().Be(Joined(2, Start));
    }

    [Fact]
    public async Task SlowReader_LosesTheOldestAndHearsHowMany()
    {
        await using IAsyncEnumerator<DnsAwareChange> reader = _journal.GetAsyncEnumerator();
        for (int i = 0; i < ChangeReader.MaxUnread + 7; i++)
        {
            _journal.Note(Joined(i, Start));
        }

        (await NextAsync(reader)).Should().Be(new DnsAwareChange.Missed { At = Start, Origin = "", Count = 7 });
        (await NextAsync(reader)).Should().Be(Joined(7, Start));
    }

    [Fact]
    public async Task ReaderThatWaits_IsWokenOnAnotherThread()
    {
        await using IAsyncEnumerator<DnsAwareChange> reader = _journal.GetAsyncEnumerator();
        int noting = 0;
        bool ranInside = false;
        Task<bool> next = reader.MoveNextAsync().AsTask();
        Task observed = next.ContinueWith(
            _ => ranInside = Volatile.Read(ref noting) == Environment.CurrentManagedThreadId,
            CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

        Volatile.Write(ref noting, Environment.CurrentManagedThreadId);
        _journal.Note(Joined(1, Start));
        Volatile.Write(ref noting, 0);

        (await next).Should().BeTrue();
        await observed;
        ranInside.Should().BeFalse("code of the application never runs under the lock");
    }

    [Fact]
    public async Task Close_EndsReadersAfterTheRest()
    {
        await using IAsyncEnumerator<DnsAwareChange> reader = _journal.GetAsyncEnumerator();
        _journal.Note(Joined(1, Start));
        _journal.Close();

        (await reader.MoveNextAsync()).Should().BeTrue();
        (await reader.MoveNextAsync()).Should().BeFalse();
        (await _journal.GetAsyncEnumerator().MoveNextAsync()).Should().BeFalse("it is closed");
    }

    [Fact]
    public async Task Cancellation_EndsTheWait()
    {
        using CancellationTokenSource cancel = new();
        await using IAsyncEnumerator<DnsAwareChange> reader = _journal.GetAsyncEnumerator(cancel.Token);
        Task<bool> next = reader.MoveNextAsync().AsTask();

        await cancel.CancelAsync();

        await FluentActions.Awaiting(() => next).Should().ThrowAsync<OperationCanceledException>();
    }

    [Fact]
    public async Task DisposedReader_IsForgotten()
    {
        IAsyncEnumerator<DnsAwareChange> reader = _journal.GetAsyncEnumerator();
        _journal.ReaderCount.Should().Be(1);

        await reader.DisposeAsync();

        _journal.ReaderCount.Should().Be(0);
    }

    [Fact]
    public async Task DroppedReader_IsCollected()
    {
        await ReadOneAndDropAsync();

        await Eventually.Holds(
            () =>
            {
                GC.Collect();
                return _journal.ReaderCount == 0;
            },
            "the reader is collected");
    }

    [Fact]
    public async Task ReaderThatWaits_IsNotCollected()
    {
        TaskCompletionSource<DnsAwareChange> read = new(TaskCreationOptions.RunContinuationsAsynchronously);
        StartReading(read);
        await Eventually.Holds(() => _journal.ReaderCount == 1, "it reads");
        for (int i = 0; i < 5; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        _journal.Note(Joined(1, Start));

        (await read.Task).Should().Be(Joined(1, Start));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private async Task ReadOneAndDropAsync()
    {
        IAsyncEnumerator<DnsAwareChange> reader = _journal.GetAsyncEnumerator();
        _journal.Note(Joined(1, Start));
        (await reader.MoveNextAsync()).Should().BeTrue();
    }

    // Nothing but the journal refers to this loop while it waits.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void StartReading(TaskCompletionSource<DnsAwareChange> read) => _ = Task.Run(async () =>
    {
        await foreach (DnsAwareChange change in _journal)
        {
            read.TrySetResult(change);
        }
    });

    private static async Task<DnsAwareChange> NextAsync(IAsyncEnumerator<DnsAwareChange> reader)
    {
        (await reader.MoveNextAsync()).Should().BeTrue();
        return reader.Current;
    }

    private static DnsAwareChange.EndpointJoined Joined(int number, DateTimeOffset at) =>
        new() { At = at, Origin = "http://svc.test:80", Address = new IPEndPoint(IPAddress.Loopback, number) };
}
