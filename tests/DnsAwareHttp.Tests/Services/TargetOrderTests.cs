using DnsAwareHttp.Services;

namespace DnsAwareHttp.Tests.Services;

public sealed class TargetOrderTests
{
    [Fact]
    public void Order_IsByPriorityWhateverIsDrawn() =>
        TargetOrder.Of([Target("c", 30, 9), Target("a", 10, 0), Target("b", 20, 65535)], 9, TargetOrder.Draw).Select(weighed => weighed.Target.Host).Should().Equal("a", "b", "c");

    [Fact]
    public void First_IsDrawnByWeight()
    {
        Random random = new(1);
        ServiceTarget[] targets = [Target("a", 1, 60), Target("b", 1, 30), Target("c", 1, 10), Target("d", 1, 0)];
        Dictionary<string, int> firsts = Enumerable.Range(0, 20_000)
            .Select(_ => TargetOrder.Of([.. targets], 9, _ => random.NextDouble())[0].Target.Host).CountBy(host => host).ToDictionary();

        firsts["a"].Should().BeCloseTo(12_000, 400);
        firsts["b"].Should().BeCloseTo(6_000, 400);
        firsts["c"].Should().BeCloseTo(2_000, 300);
        firsts.GetValueOrDefault("d").Should().BeLessThan(20);
    }

    [Fact]
    public void Order_IsTheSameEachTime()
    {
        ServiceTarget[] targets = [.. Enumerable.Range(0, 50).Select(i => Target($"t{i}", 1, 1))];

        TargetOrder.Of([.. targets], 50, TargetOrder.Draw).Should().Equal(TargetOrder.Of([.. targets.Reverse()], 50, TargetOrder.Draw));
        targets.Select(TargetOrder.Draw).Should().OnlyContain(draw => draw > 0 && draw < 1).And.OnlyHaveUniqueItems();
    }

    [Fact]
    public void MoreThanAreUsed_ThoseOfTheFirstPriorityGoFirst_AndTheSubsetStays()
    {
        ServiceTarget[] targets = [.. Enumerable.Range(0, 50).Select(i => Target($"t{i}", i / 10, 1))];
        string[] chosen = Hosts([.. targets]);

        chosen.Should().HaveCount(15).And.Contain(Enumerable.Range(0, 10).Select(i => $"t{i}"));
        Hosts([.. targets.Skip(30), .. targets.Take(30)]).Should().BeEquivalentTo(chosen);

        static string[] Hosts(ServiceTarget[] targets) => [.. TargetOrder.Of([.. targets], 15, TargetOrder.Draw).Select(weighed => weighed.Target.Host)];
    }

    [Fact]
    public void NobodyWeighsAnything_AllWeighTheSame_InEachPriorityByItself() =>
        TargetOrder.Of([Target("a", 1, 0), Target("b", 1, 0), Target("c", 2, 0), Target("d", 2, 5)], 9, TargetOrder.Draw)
            .ToDictionary(weighed => weighed.Target.Host, weighed => weighed.Weight)
            .Should().Equal(new Dictionary<string, float> { ["a"] = 1, ["b"] = 1, ["c"] = 0, ["d"] = 5 });

    [Fact]
    public void OnePlaceNamedTwice_CountsOnceWithItsFirstPriority() =>
        TargetOrder.Of([Target("a", 2, 7), Target("a", 1, 3)], 9, TargetOrder.Draw).Should().Equal((Target("a", 1, 3), 3f));

    private static ServiceTarget Target(string host, int priority, int weight) => new(host, 80, priority, weight);
}
