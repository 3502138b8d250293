using DnsAwareHttp.Resolution.Sources;

namespace DnsAwareHttp.Tests.Resolution.Sources;

public sealed class QuestionPlacesTests
{
    private readonly QuestionPlaces _places = new();

    [Fact]
    public void OneZone_HasHalfOfThePlaces_AndNewNamesTogetherNotAll()
    {
        Fill("a.test").Should().Be(QuestionPlaces.MaxFreshOfZone);
        Fill("b.test").Should().Be(QuestionPlaces.MaxFresh - QuestionPlaces.MaxFreshOfZone - QuestionPlaces.LeftToKnown);
        Fill("c.test").Should().Be(0);
        Fill("a.test", isKnown: true).Should().Be(QuestionPlaces.LeftToKnown, "names in use have places of their own, in each zone");
        Fill("d.test", isKnown: true).Should().Be(0);
    }

    [Fact]
    public void Question_ThatIsNotFreshAnyMore_HasGivenItsPlaceBack_AndKeepsItsSocket()
    {
        int open = 0;
        while (_places.TryEnter("x.a.test", isKnown: false) is QuestionPlaces.Place place)
        {
            place.GrowOld();
            open++;
        }

        open.Should().Be(QuestionPlaces.MaxOpen - QuestionPlaces.LeftToKnown);
        Fill("a.test", isKnown: true).Should().Be(QuestionPlaces.LeftToKnown);
    }

    [Fact]
    public async Task Waiting_TheNewestOfAZoneIsTheFirst_AndZonesTakeTurns()
    {
        List<QuestionPlaces.Place> held = [];
        foreach (string zone in (string[])["a.test", "b.test"])
        {
            while (_places.TryEnter($"x.{zone}", isKnown: false) is QuestionPlaces.Place place)
            {
                held.Add(place);
            }
        }

        List<string> order = [];
        List<Task> waiting = [];
        foreach (string name in (string[])["a1.c.test", "a2.c.test", "a3.c.test", "b1.d.test"])
        {
            waiting.Add(EnterAsync(name));
        }

        for (int count = 0; count < 4; count++)
        {
            held[count].Dispose();
            await Task.WhenAll(waiting.Where(task => task.IsCompleted));
            await Loopback.Eventually.Holds(() => Count() == count + 1, "one more has a place");
        }

        order.Should().Equal("a3.c.test", "b1.d.test", "a2.c.test", "a1.c.test");

        int Count()
        {
            lock (order)
            {
                return order.Count;
            }
        }

        async Task EnterAsync(string name)
        {
            await _places.EnterAsync(name, isKnown: false, default);
            lock (order)
            {
                order.Add(name);
            }
        }
    }

    [Fact]
    public async Task Waiting_ThatWasCancelled_TakesNoPlace()
    {
        List<QuestionPlaces.Place> held = Take("a.test");
        using CancellationTokenSource caller = new();
        Task<QuestionPlaces.Place>[] waiting = [.. Enumerable.Range(0, 1_000).Select(_ => _places.EnterAsync("x.a.test", isKnown: false, caller.Token).AsTask())];
        await caller.CancelAsync();
        await Loopback.Eventually.Holds(() => waiting.All(task => task.IsCanceled), "all are cancelled");

        held.ForEach(place => place.Dispose());
        held.ForEach(place => place.Dispose());

        Fill("a.test").Should().Be(QuestionPlaces.MaxFreshOfZone, "all places were given back, each once");
    }

    [Fact]
    public async Task FromManyThreads_NoPlaceIsLostOrGivenTwice()
    {
        int open = 0;
        int most = 0;
        await Task.WhenAll(Enumerable.Range(0, 8).Select(thread => Task.Run(async () =>
        {
            Random random = new(thread);
            for (int count = 0; count < 2_000; count++)
            {
                using CancellationTokenSource caller = new();
                ValueTask<QuestionPlaces.Place> entering = _places.EnterAsync($"x.z{random.Next(3)}.test", random.Next(4) == 0, caller.Token);
                if (random.Next(5) == 0)
                {
                    await caller.CancelAsync();
                }

                try
                {
                    using QuestionPlaces.Place place = await entering;
                    most = Math.Max(most, Interlocked.Increment(ref open));
                    if (random.Next(2) == 0)
                    {
                        await Task.Yield();
                    }

                    Interlocked.Decrement(ref open);
                    place.GrowOld();
                }
                catch (OperationCanceledException)
                {
                }
            }
        })));

        most.Should().BeLessThanOrEqualTo(QuestionPlaces.MaxFresh);
        Fill("z0.test").Should().Be(QuestionPlaces.MaxFreshOfZone);
    }

    private int Fill(string zone, bool isKnown = false) => Take(zone, isKnown).Count;

    private List<QuestionPlaces.Place> Take(string zone, bool isKnown = false)
    {
        List<QuestionPlaces.Place> places = [];
        while (_places.TryEnter($"n{places.Count}.{zone}", isKnown) is QuestionPlaces.Place place)
        {
            places.Add(place);
        }

        return places;
    }
}
