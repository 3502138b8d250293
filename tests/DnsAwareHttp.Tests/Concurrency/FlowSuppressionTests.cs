using DnsAwareHttp.Concurrency;

namespace DnsAwareHttp.Tests.Concurrency;

public sealed class FlowSuppressionTests
{
    [Fact]
    public void Begin_SuppressesTheFlowUntilDisposed()
    {
        using (FlowSuppression.Begin())
        {
            ExecutionContext.IsFlowSuppressed().Should().BeTrue();
        }

        ExecutionContext.IsFlowSuppressed().Should().BeFalse();
    }

    [Fact]
    public void Begin_TheCallerSuppressedTheFlowItself_LeavesItSuppressed()
    {
        using AsyncFlowControl mine = ExecutionContext.SuppressFlow();

        using (FlowSuppression.Begin())
        {
            ExecutionContext.IsFlowSuppressed().Should().BeTrue();
        }

        ExecutionContext.IsFlowSuppressed().Should().BeTrue();
    }
}
