using DnsAwareHttp.Resolution.Sources;

namespace DnsAwareHttp.Tests.Resolution.Sources;

public sealed class WatchEndTests
{
    [Fact]
    public void Dispose_EndsTheWatch()
    {
        int ended = 0;
        WatchEnd end = new(() => ended++);
        ended.Should().Be(0);

        end.Dispose();

        ended.Should().Be(1);
    }
}
