using System.Net;

namespace DnsAwareHttp.Tests;

public sealed class TriedEndpointsTests
{
    private static readonly IPEndPoint One = new(IPAddress.Parse("10.0.0.1"), 80);
    private static readonly IPEndPoint Two = new(IPAddress.Parse("10.0.0.2"), 80);

    [Fact]
    public void Request_CarriesOneList_AlsoItsCopies()
    {
        using HttpRequestMessage request = new();
        TriedEndpoints.Of(request).Should().BeNull();
        TriedEndpoints tried = TriedEndpoints.GiveTo(request);
        using HttpRequestMessage copy = new();
        ((IDictionary<string, object?>)copy.Options).Add(((IDictionary<string, object?>)request.Options).Single());

        TriedEndpoints.GiveTo(request).Should().BeSameAs(tried);
        TriedEndpoints.Of(copy).Should().BeSameAs(tried);
    }

    [Fact]
    public void NextRound_KeepsTheLastOne()
    {
        TriedEndpoints tried = new();
        tried.BeginNextRound();
        tried.IsEmpty.Should().BeTrue();
        tried.Add(One);
        tried.Add(Two);
        tried.Add(One);

        tried.BeginNextRound();

        (tried.Contains(One), tried.Contains(Two)).Should().Be((true, false), "the last one is the one that was tried last");
    }

    [Fact]
    public void MessageThatIsSentForEver_DoesNotGrow()
    {
        TriedEndpoints tried = new();
        IPEndPoint[] all = [.. Enumerable.Range(1, 1000).Select(port => new IPEndPoint(IPAddress.Loopback, port))];
        foreach (IPEndPoint address in all)
        {
            tried.Add(address);
        }

        all.Count(tried.Contains).Should().Be(64);
        tried.Contains(all[^1]).Should().BeTrue();
    }

    [Fact]
    public void AtATime_NoneIsLost()
    {
        TriedEndpoints tried = new();
        Parallel.For(1, 61, port => tried.Add(new IPEndPoint(IPAddress.Loopback, port)));

        Enumerable.Range(1, 60).Should().OnlyContain(port => tried.Contains(new IPEndPoint(IPAddress.Loopback, port)));
    }
}
