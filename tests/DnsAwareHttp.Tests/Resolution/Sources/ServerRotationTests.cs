using System.Collections.Immutable;
using System.Net;
using DnsAwareHttp.Resolution.Sources;
using DnsAwareHttp.Resolution.Wire;
using DnsAwareHttp.Tests.Fakes;

namespace DnsAwareHttp.Tests.Resolution.Sources;

public sealed class ServerRotationTests
{
    private static readonly ImmutableArray<NameServer> Servers =
        [.. Enumerable.Range(1, 3).Select(i => new NameServer(new IPEndPoint(IPAddress.Parse($"10.0.0.{i}"), 53)))];

    private readonly ManualTimeProvider _clock = new();
    private readonly ServerRotation _rotation;

    public ServerRotationTests() => _rotation = new ServerRotation(_clock);

    [Fact]
    public void Order_BeforeAnyAnswer_IsThatOfTheSettings() => Order().Should().Equal(1, 2, 3);

    [Fact]
    public void Order_AnswerOfALaterServer_ChangesNothing()
    {
        _rotation.OnHeard(Servers[1]);

        Order().Should().Equal(1, 2, 3);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Order_ServerInTrouble_IsTheLastForAMoment(bool isSilent)
    {
        Late(0, isSilent);
        Order().Should().Equal(2, 3, 1);

        _clock.Advance(ServerRotation.FirstPause);
        Order().Should().Equal(1, 2, 3);
    }

    [Fact]
    public void Order_LastingTrouble_PausesGrowToTheMaximum()
    {
        List<double> pauses = [];
        for (int count = 0; count < 8; count++)
        {
            Late(0);
            Late(0);
            DateTimeOffset start = _clock.GetUtcNow();
            while (Order()[0] != 1)
            {
                _clock.Advance(TimeSpan.FromMilliseconds(100));
            }

            pauses.Add(Math.Round((_clock.GetUtcNow() - start).TotalSeconds, 1));
        }

        pauses.Should().Equal([1, 2, 4, 8, 16, 30, 30, 30], "questions that fail together count once");
        _rotation.OnHeard(Servers[0]);
        Late(0);
        _clock.Advance(ServerRotation.FirstPause);
        Order().Should().Equal(1, 2, 3);
    }

    [Fact]
    public void Order_ServerThatAnsweredAnotherQuestionMeanwhile_IsInNoTrouble()
    {
        long asked = _clock.GetTimestamp();
        _clock.Advance(TimeSpan.FromSeconds(1));
        _rotation.OnHeard(Servers[0]);
        _clock.Advance(TimeSpan.FromSeconds(1));
        _rotation.OnLate(Servers[0], asked, isSilent: true);

        Order().Should().Equal(1, 2, 3);
        _rotation.IsAlive(Servers[0]).Should().BeTrue();
    }

    [Fact]
    public void IsAlive_ServerThatWasSilentForAMinute_IsNot()
    {
        Late(0);
        _clock.Advance(ServerRotation.DeadAfter - TimeSpan.FromSeconds(1));
        Late(0);
        _rotation.IsAlive(Servers[0]).Should().BeTrue();
        _clock.Advance(TimeSpan.FromSeconds(1));
        _rotation.IsAlive(Servers[0]).Should().BeFalse();
        _rotation.IsAlive(Servers[1]).Should().BeTrue();

        _rotation.OnHeard(Servers[0]);
        _rotation.IsAlive(Servers[0]).Should().BeTrue();
    }

    [Fact]
    public void Order_Rotating_EachServerBeginsInTurn()
    {
        Late(2);

        Enumerable.Range(0, 4).Select(_ => _rotation.Order(Servers, rotate: true)[0]).Select(server => Servers.IndexOf(server) + 1).Should().Equal(1, 2, 3, 1);
    }

    private void Late(int index, bool isSilent = true) => _rotation.OnLate(Servers[index], _clock.GetTimestamp(), isSilent);

    private int[] Order() => [.. _rotation.Order(Servers, rotate: false).Select(server => Servers.IndexOf(server) + 1)];
}
