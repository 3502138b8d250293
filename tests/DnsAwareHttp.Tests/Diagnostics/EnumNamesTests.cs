using System.Net.Sockets;
using DnsAwareHttp.Diagnostics;

namespace DnsAwareHttp.Tests.Diagnostics;

public sealed class EnumNamesTests
{
    [Fact]
    public void Of_IsInLowerCaseWithUnderscores()
    {
        EnumNames<DepartureReason>.Of(DepartureReason.LeftDns).Should().Be("left_dns");
        EnumNames<DepartureReason>.Of(DepartureReason.MaxStaleExceeded).Should().Be("max_stale_exceeded");
        EnumNames<SocketError>.Of(SocketError.ConnectionRefused).Should().Be("connection_refused");
    }

    [Fact]
    public void Of_AValueWithoutAName_IsNoSeriesOfItsOwn() => EnumNames<SocketError>.Of((SocketError)12345).Should().Be("_OTHER");
}
