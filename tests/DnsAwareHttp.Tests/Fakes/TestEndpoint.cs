using System.Net;
using System.Net.Sockets;
using DnsAwareHttp.Balancing;
using DnsAwareHttp.Pools;

namespace DnsAwareHttp.Tests.Fakes;

/// <summary>An endpoint without a network: as busy and as broken as the test says.</summary>
internal sealed class TestEndpoint
{
    private readonly EndpointDialer _dialer;

    public TestEndpoint(string address = "10.0.0.1", bool startsSlowly = false, RequestClock? clock = null)
    {
        _dialer = new EndpointDialer(
            new DnsEndPoint("svc.test", 80), new IPEndPoint(IPAddress.Parse(address), 80), new DialSettings(TimeSpan.FromSeconds(5), null, TimeProvider.System));
        Pool = new EndpointPool(_dialer, new SocketsHttpHandler(), () => DateTimeOffset.UnixEpoch, limits: new PoolLimits { Clock = clock }, startsSlowly: startsSlowly);
    }

    public EndpointPool Pool { get; }

    public int Priority { get; set; }

    public float Weight { get; set; } = 1;

    public bool HasRoute { get; set; } = true;

    /// <summary>Its place in a set.</summary>
    public EndpointPlacement Placement => new(Pool) { Priority = Priority, Weight = Weight, HasRoute = HasRoute };

    public TestEndpoint Busy(int requests)
    {
        for (int i = 0; i < requests; i++)
        {
            Pool.TryEnter(out _).Should().BeTrue();
        }

        return this;
    }

    /// <summary>An HTTP/2 connection is open, with so many streams.</summary>
    public TestEndpoint HasStreams(int count)
    {
        _dialer.Streams.Http2.Join(count);
        return this;
    }

    public TestEndpoint Fails()
    {
        _dialer.Dialled!(new SocketException((int)SocketError.ConnectionRefused));
        return this;
    }

    public TestEndpoint Connects()
    {
        _dialer.Dialled!(null);
        return this;
    }
}
