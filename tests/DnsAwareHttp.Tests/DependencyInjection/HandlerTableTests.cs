using DnsAwareHttp.DependencyInjection;
using DnsAwareHttp.Handlers;
using Microsoft.Extensions.Logging.Abstractions;

namespace DnsAwareHttp.Tests.DependencyInjection;

public sealed class HandlerTableTests : IDisposable
{
    private readonly SocketsHttpHandler _wrapped = new();
    private readonly DnsAwareHandler _handler;
    private readonly HandlerTable _table = new();

    public HandlerTableTests() => _handler = new DnsAwareHandler(_wrapped);

    public void Dispose() => _handler.Dispose();

    [Fact]
    public void Enter_TheFirstOfAName_Stays()
    {
        NamedHandler first = Named("a");
        _table.Enter(first).Should().BeSameAs(first);

        _table.Enter(Named("a")).Should().BeSameAs(first);

        _table.Find("a").Should().BeSameAs(first);
        _table.ToArray().Should().Equal(first);
    }

    [Fact]
    public void Names_DifferByCase()
    {
        NamedHandler lower = Named("a");
        NamedHandler upper = Named("A");
        _table.Enter(lower);
        _table.Enter(upper).Should().BeSameAs(upper);

        _table.Find("A").Should().BeSameAs(upper);
        _table.Find("b").Should().BeNull();
        _table.ToArray().Should().BeEquivalentTo([lower, upper]);
    }

    [Fact]
    public void Close_GivesTheHandlersOnce_AndTakesNoMore()
    {
        NamedHandler first = Named("a");
        _table.Enter(first);
        _table.IsClosed.Should().BeFalse();

        _table.Close().Should().Equal(first);

        _table.IsClosed.Should().BeTrue();
        _table.Close().Should().BeEmpty();
        _table.Enter(Named("a")).Should().BeNull();
        _table.Enter(Named("b")).Should().BeNull();
        _table.Find("a").Should().BeNull();
        _table.ToArray().Should().BeEmpty();
    }

    private NamedHandler Named(string name) => new(name, _handler, _wrapped, HandlerSettings.Of(_wrapped), options: null!, NullLogger.Instance);
}
