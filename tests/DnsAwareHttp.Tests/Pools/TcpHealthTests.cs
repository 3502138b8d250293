using DnsAwareHttp.Pools;
using DnsAwareHttp.Tests.Fakes;
using DnsAwareHttp.Tests.Loopback;

namespace DnsAwareHttp.Tests.Pools;

public sealed class TcpHealthTests
{
    [Fact]
    public async Task PeerAcknowledges_IsNotSilent()
    {
        using SocketPair pair = SocketPair.Make();

        await pair.Near.SendAsync("to whom it may concern"u8.ToArray());

        TcpHealth.IsSilent(pair.Near).Should().BeFalse();
    }

    [LinuxFact]
    public async Task PeerAcknowledgesNothing_IsSilentUntilItDoes()
    {
        using SocketPair pair = SocketPair.Make();
        MutedSocket.Mute(pair.Far);
        TcpHealth.IsSilent(pair.Near).Should().BeFalse("nothing was sent");

        await pair.Near.SendAsync("to whom it may concern"u8.ToArray());
        await Eventually.Holds(() => TcpHealth.IsSilent(pair.Near), "it is sent again and again");

        MutedSocket.Unmute(pair.Far);
        await Eventually.Holds(() => !TcpHealth.IsSilent(pair.Near), "the peer has it");
    }

    [Fact]
    public void Closed_IsNotSilent()
    {
        using SocketPair pair = SocketPair.Make();
        pair.Near.Dispose();

        TcpHealth.IsSilent(pair.Near).Should().BeFalse();
    }
}
