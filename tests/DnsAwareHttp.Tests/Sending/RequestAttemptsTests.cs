using System.Net.Sockets;
using DnsAwareHttp.Pools;
using DnsAwareHttp.Sending;
using DnsAwareHttp.Tests.Fakes;

namespace DnsAwareHttp.Tests.Sending;

public sealed class RequestAttemptsTests
{
    private static readonly SocketException Refused = new((int)SocketError.ConnectionRefused, "refused");

    private readonly RequestAttempts _attempts = new(new Origin(false, "svc.test", 80, null, false));
    private readonly EndpointPool _one = new TestEndpoint("10.0.0.1").Pool;
    private readonly EndpointPool _other = new TestEndpoint("10.0.0.2").Pool;

    [Fact]
    public void New_IsEmpty()
    {
        _attempts.OrNullIfEmpty.Should().BeNull();
        _attempts.Pools.Should().BeEmpty();
        _attempts.Misdirected.Should().BeNull();
    }

    [Fact]
    public void Add_KeepsTheEndpointsInOrder()
    {
        _attempts.Add(_one, Refused);
        _attempts.Add(_other, Refused);

        _attempts.Pools.Should().Equal(_one, _other);
        _attempts.OrNullIfEmpty.Should().BeSameAs(_attempts);
    }

    [Fact]
    public void AddMisdirected_KeepsTheAnswerAndCountsAsAnAttempt()
    {
        using HttpResponseMessage answer = new();

        _attempts.AddMisdirected(_one, answer);

        _attempts.Misdirected.Should().BeSameAs(answer);
        _attempts.Pools.Should().Equal(_one);
    }

    [Fact]
    public void AddAllBut_LeavesOutTheEndpointThatIsAsked()
    {
        _attempts.AddAllBut(_one, [(_one, Refused), (_other, Refused)]);

        _attempts.Pools.Should().Equal(_other);
    }

    [Fact]
    public void ToException_ManyFailed_ShowsSomeAndCountsTheOthers()
    {
        foreach (int index in Enumerable.Range(1, 64))
        {
            _attempts.Add(new TestEndpoint($"10.0.0.{index}").Pool, Refused);
        }

        string message = _attempts.ToException().Message;

        message.Should().Contain("All 64 addresses").And.Contain("10.0.0.8:80: refused and 56 more").And.NotContain("10.0.0.9:");
    }

    [Fact]
    public void ToException_OneRequestFailed_IsItsOwnError()
    {
        HttpRequestException error = new(HttpRequestError.ConnectionError, "of the handler", Refused);
        _attempts.Add(_one, error);

        _attempts.ToException().Should().BeSameAs(error);
    }

    [Fact]
    public void ToException_OneDialFailed_NamesTheAddressAndTheCause()
    {
        _attempts.Add(_one, Refused);

        HttpRequestException error = _attempts.ToException();

        error.HttpRequestError.Should().Be(HttpRequestError.ConnectionError);
        error.InnerException.Should().BeSameAs(Refused);
        error.Message.Should().Contain("10.0.0.1:80: refused").And.Contain("(svc.test:80)");
    }

    [Fact]
    public void ToException_Several_NamesEachOneAndHasTheKindOfTheLastRequest()
    {
        _attempts.Add(_one, new HttpRequestException(HttpRequestError.SecureConnectionError, "outside", new IOException("handshake")));
        _attempts.Add(_other, Refused);

        HttpRequestException error = _attempts.ToException();

        error.HttpRequestError.Should().Be(HttpRequestError.SecureConnectionError);
        error.InnerException.Should().BeOfType<IOException>();
        error.Message.Should().Contain("10.0.0.1:80: handshake").And.Contain("10.0.0.2:80: refused").And.Contain("2 addresses");
    }
}
