using System.Net;
using DnsAwareHttp.Balancing;

namespace DnsAwareHttp.Tests.Balancing;

public sealed class SessionTableTests
{
    private const int Max = 100;

    private static readonly IPEndPoint A = new(IPAddress.Parse("10.0.0.1"), 80);
    private static readonly IPEndPoint B = new(IPAddress.Parse("10.0.0.2"), 80);
    private readonly Origin _origin = Origin.Of(new Uri("http://svc.test"), null, isAnonymous: false);
    private readonly SessionTable _table = new();

    [Fact]
    public void Begin_TheFirstOneDecides()
    {
        _table.Find(_origin, "s").Should().BeNull();
        _table.Begin(_origin, "s", A, Max).Should().Be(A);
        _table.Begin(_origin, "s", B, Max).Should().Be(A);
        _table.Find(_origin, "s").Should().Be(A);
    }

    [Fact]
    public void Sessions_AreOfOneOrigin()
    {
        _table.Begin(_origin, "s", A, Max);

        _table.Find(Origin.Of(new Uri("http://other.test"), null, isAnonymous: false), "s").Should().BeNull();
    }

    [Fact]
    public void Move_IsOnlyFromWhereItWasSeen()
    {
        _table.Begin(_origin, "s", A, Max);

        _table.Move(_origin, "s", B, A);
        _table.Find(_origin, "s").Should().Be(A);
        _table.Move(_origin, "s", _table.Find(_origin, "s")!, B);
        _table.Find(_origin, "s").Should().Be(B);
        _table.Move(_origin, "never", A, B);
    }

    [Fact]
    public void FullTable_ForgetsSessionsThatWereUsedLongestAgo()
    {
        for (int session = 0; session < 10 * Max; session++)
        {
            _table.Begin(_origin, $"s{session}", A, Max);
            _table.Find(_origin, "s0").Should().Be(A, "it is used all the time");
            _table.Count.Should().BeLessThanOrEqualTo(Max);
        }

        _table.Find(_origin, $"s{(10 * Max) - 1}").Should().Be(A);
        _table.Find(_origin, "s1").Should().BeNull();
    }

    [Fact]
    public void TableOfOne_Holds() => Enumerable.Range(0, 5).Select(session => _table.Begin(_origin, $"{session}", A, 1)).Should().AllBeEquivalentTo(A);
}
