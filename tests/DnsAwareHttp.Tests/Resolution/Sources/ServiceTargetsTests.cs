using DnsAwareHttp.Resolution.Sources;

namespace DnsAwareHttp.Tests.Resolution.Sources;

public sealed class ServiceTargetsTests
{
    [Theory]
    [InlineData("SVC.Test.", 1, 0, 0)]
    [InlineData("svc.test", 65_535, 65_535, 65_535)]
    public void RightTarget_HasItsHostInLowerCaseWithoutADot(string host, int port, int priority, int weight) =>
        ServiceTargets.Checked(new ServiceTarget(host, port, priority, weight))
            .Should().Be(new ServiceTarget("svc.test", port, priority, weight));

    [Theory]
    [InlineData("svc.test", 0, 0, 0, "a port is from 1 to 65535")]
    [InlineData("svc.test", 65_536, 0, 0, "a port is from 1 to 65535")]
    [InlineData("svc.test", 80, -1, 0, "a priority is from 0 to 65535")]
    [InlineData("svc.test", 80, 65_536, 0, "a priority is from 0 to 65535")]
    [InlineData("svc.test", 80, 0, -1, "a weight is from 0 to 65535")]
    [InlineData("svc.test", 80, 0, 65_536, "a weight is from 0 to 65535")]
    [InlineData("svc..test", 80, 0, 0, "its host cannot be asked for (LabelEmpty)")]
    [InlineData("", 80, 0, 0, "its host cannot be asked for (LabelEmpty)")]
    [InlineData(null, 80, 0, 0, "its host cannot be asked for (LabelEmpty)")]
    public void WrongTarget_IsRefusedWithTheRule(string? host, int port, int priority, int weight, string rule) =>
        FluentActions.Invoking(() => ServiceTargets.Checked(new ServiceTarget(host!, port, priority, weight)))
            .Should().Throw<ArgumentException>().WithMessage($"The target of a service '*' is wrong: {rule}.*");

    [Fact]
    public void NoTarget_IsRefused() => FluentActions.Invoking(() => ServiceTargets.Checked(null!)).Should().Throw<ArgumentNullException>();
}
