using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace DnsAwareHttp.PublicApiTests;

/// <summary>A resolver that was written outside tells the targets of services.</summary>
public sealed class ServiceResolverTests : IAsyncLifetime
{
    private const string Service = "_http._tcp.svc.test";

    private readonly ServiceRegistry _registry = new();
    private readonly WebApplication _server;

    public ServiceResolverTests()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(static options =>
        {
            options.Listen(IPAddress.Parse("127.0.0.1"), 0);
            options.Listen(IPAddress.Parse("127.0.0.2"), 0);
        });
        _server = builder.Build();
        _server.Run(static context => context.Response.WriteAsync(context.Connection.LocalIpAddress!.MapToIPv4().ToString()));
    }

    public Task InitializeAsync() => _server.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task TargetsOfAService_TakeTheRequestsOfItsOrigin()
    {
        _registry.Targets = [Target("127.0.0.1", "One.Test.")];
        using HttpClient client = Client();
        (await client.GetStringAsync("/")).Should().Be("127.0.0.1");

        _registry.Targets = [Target("127.0.0.2", "two.test")];
        _registry.Announce(Service);

        using CancellationTokenSource late = new(TimeSpan.FromSeconds(30));
        while (await client.GetStringAsync("/", late.Token) != "127.0.0.2")
        {
            await Task.Delay(20, late.Token);
        }
    }

    [Fact]
    public async Task NotOverridden_TheFailureNamesTheRemedy()
    {
        using HttpClient client = Client(new PushedResolver());

        Func<Task> send = () => client.GetStringAsync("/");

        (await send.Should().ThrowAsync<HttpRequestException>()).WithMessage($"*{nameof(NameResolver.ResolveServiceAsync)}*");
    }

    [Fact]
    public async Task AddressesForAService_AreAFailureThatNamesTheRemedy()
    {
        _registry.AnswersWithAddresses = true;
        using HttpClient client = Client();

        Func<Task> send = () => client.GetStringAsync("/");

        (await send.Should().ThrowAsync<HttpRequestException>()).WithMessage($"*{nameof(Answer.ForService)}*");
    }

    [Theory]
    [InlineData("", 80, 0, 0)]
    [InlineData("a..b", 80, 0, 0)]
    [InlineData("a.test", 0, 0, 0)]
    [InlineData("a.test", 65_536, 0, 0)]
    [InlineData("a.test", 80, -1, 0)]
    [InlineData("a.test", 80, 0, 65_536)]
    public void ATargetThatCannotBe_IsAnError(string host, int port, int priority, int weight)
    {
        Action make = () => Answer.ForService([new ServiceTarget(host, port, priority, weight)], TimeSpan.FromSeconds(1));

        make.Should().Throw<ArgumentException>().WithMessage("*target*");
    }

    [Fact]
    public void Targets_AreNormalizedAndBounded()
    {
        IEnumerable<ServiceTarget> many = Enumerable.Range(1, 5_000).Select(static port => new ServiceTarget("A.Test.", port));

        Answer.Found answer = Answer.ForService(many.Prepend(new ServiceTarget("a.test", 1)), TimeSpan.FromSeconds(1));

        answer.Targets!.Value.Should().HaveCount(1_024).And.OnlyHaveUniqueItems().And.OnlyContain(target => target.Host == "a.test");
    }

    private HttpClient Client(INameResolver? resolver = null) => new(new DnsAwareHandler(
        new SocketsHttpHandler(),
        new DnsAwareOptions { ServiceRecords = { ["svc.test"] = Service } },
        new DnsCache(resolver: resolver ?? _registry)))
    {
        BaseAddress = new Uri("http://svc.test/"),
    };

    private ServiceTarget Target(string address, string host)
    {
        _registry.Hosts[host.TrimEnd('.').ToLowerInvariant()] = IPAddress.Parse(address);
        return new ServiceTarget(host, _server.Urls.Select(static url => new Uri(url)).Single(url => url.Host == address).Port);
    }

    private sealed class ServiceRegistry : NameResolver
    {
        public Dictionary<string, IPAddress> Hosts { get; } = [];

        public ServiceTarget[] Targets { get; set; } = [];

        public bool AnswersWithAddresses { get; set; }

        public void Announce(string name) => NotifyChanged(name);

        public override ValueTask<Answer> ResolveAsync(string host, AddressFamily addressFamily, CancellationToken cancellationToken) =>
            ValueTask.FromResult<Answer>(new Answer.Found([Hosts[host.TrimEnd('.')]], TimeSpan.FromHours(1)));

        public override ValueTask<Answer> ResolveServiceAsync(string service, CancellationToken cancellationToken) =>
            ValueTask.FromResult<Answer>(
                AnswersWithAddresses
                    ? new Answer.Found([IPAddress.Loopback], TimeSpan.FromHours(1))
                    : Answer.ForService(Targets, TimeSpan.FromHours(1)));
    }
}
