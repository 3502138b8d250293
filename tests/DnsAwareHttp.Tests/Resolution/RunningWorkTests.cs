using DnsAwareHttp.Resolution;
using DnsAwareHttp.Tests.Loopback;

namespace DnsAwareHttp.Tests.Resolution;

public sealed class RunningWorkTests
{
    private readonly RunningWork _work = new();

    [Fact]
    public async Task Ended_WorkThatSucceedsFailsOrIsCancelled_CompletesWithTheLast()
    {
        TaskCompletionSource[] sources = [new(), new(), new()];
        foreach (TaskCompletionSource source in sources)
        {
            _work.Add(source.Task);
        }

        Task ended = _work.Ended;
        sources[0].SetResult();
        sources[1].SetException(new InvalidOperationException("not now"));
        ended.IsCompleted.Should().BeFalse();
        _work.IsEmpty.Should().BeFalse();
        sources[2].SetCanceled();

        await Task.WhenAny(ended);
        await Eventually.Holds(() => _work.IsEmpty, "nothing is kept");
    }

    [Fact]
    public void Add_WorkThatIsOver_IsNotKept()
    {
        _work.Add(Task.CompletedTask);

        _work.IsEmpty.Should().BeTrue();
        _work.Ended.IsCompletedSuccessfully.Should().BeTrue();
    }

    [Fact]
    public async Task Ended_WorkThatWasBegun_CompletesWhenItEnds()
    {
        _work.Begin();
        _work.Begin();
        _work.End();
        Task ended = _work.Ended;
        (_work.IsEmpty, ended.IsCompleted).Should().Be((false, false));

        _work.End();

        await ended;
        _work.IsEmpty.Should().BeTrue();
    }
}
