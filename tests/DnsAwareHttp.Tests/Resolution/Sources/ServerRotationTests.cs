using System.Collections.Immutable;
using System.Net;
using DnsAwareHttp.Resolution.Sources;
using DnsAwareHttp.Resolution.Wire;

namespace DnsAwareHttp.Tests.Resolution.Sources;

public sealed class ServerRotationTests
{
    private static readonly ImmutableArray<NameServer> Servers =
        [.. Enumerable.Range(1, 3).Select(i => new NameServer(new IPEndPoint(IPAddress.Parse($"10.0.0.{i}"), 53)))];

    private readonly ServerRotation _rotation = new();

    [Fact]
    public void Order_BeforeAnyAnswer_IsThatOfTheSettings() => Order(rotate: false).Should().Equal(1, 2, 3);

    [Fact]
    public void Order_AfterAnAnswer_BeginsWithThatServer()
    {
        _rotation.OnAnswer(Servers[1]);

        Order(rotate: false).Should().Equal(2, 3, 1);
    }

    [Fact]
    public void Order_TheServerThatAnsweredIsNoLongerNamed_IsThatOfTheSettings()
    {
        _rotation.OnAnswer(new NameServer(new IPEndPoint(IPAddress.Loopback, 53)));

        Order(rotate: false).Should().Equal(1, 2, 3);
    }

    [Fact]
    public void Order_Rotating_EachServerBeginsInTurn()
    {
        _rotation.OnAnswer(Servers[2]);

        Enumerable.Range(0, 4).Select(_ => Order(rotate: true)[0]).Should().Equal(1, 2, 3, 1);
    }

    private int[] Order(bool rotate) => [.. _rotation.Order(Servers, rotate).Select(server => Servers.IndexOf(server) + 1)];
}
