using DnsAwareHttp.DependencyInjection;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace DnsAwareHttp.Tests.DependencyInjection;

public sealed class ClientOptionsValidatorTests
{
    private static readonly DnsAwareClient A = new("a", FollowsDns: true);

    private readonly DnsAwareOptions _wrong = new() { MaxEndpointsPerOrigin = 0 };

    [Fact]
    public void RightOptions_AreValid() => Validate([A], [], [], new DnsAwareOptions()).Should().BeEmpty();

    [Fact]
    public void AllMistakes_AreReportedWithTheClient()
    {
        _wrong.ConnectTimeout = TimeSpan.Zero;

        Validate([A], [], [], _wrong).Should().Equal(
            "HTTP client \"a\", MaxEndpointsPerOrigin is 0; give a number from 1 to 10000.",
            "HTTP client \"a\", ConnectTimeout is 00:00:00; give a time above 0, up to 00:05:00.");
    }

    [Theory]
    [InlineData("all:1", "all:1")]
    [InlineData("all:1 all:2", "all:2")]
    [InlineData("a:1 a:2 all:3", "a:2")]
    [InlineData("all:1 a:2", "a:2")]
    [InlineData("b:1", null)]
    public void Path_IsThatOfTheSectionThatSetTheValueLast(string sections, string? path) =>
        Validate([A], [.. sections.Split(' ').Select(Section)], [], _wrong)
            .Should().Equal($"HTTP client \"a\", {(path is null ? "" : $"{path}:")}MaxEndpointsPerOrigin is 0; give a number from 1 to 10000.");

    [Theory]
    [InlineData("a", null)]
    [InlineData("b", "*HTTP client \"b\", which does not follow DNS: correct the name, or call AddDnsAwareHandler()*")]
    [InlineData("", "*without the name of a client, so no client has them*")]
    public void OptionsThatNoClientReads_AreAMistake(string name, string? problem)
    {
        string[] problems = Validate([A], [], [new ConfigureNamedOptions<DnsAwareOptions>(name, Set)], new DnsAwareOptions());

        if (problem is null)
        {
            problems.Should().BeEmpty();
        }
        else
        {
            problems.Should().ContainSingle().Which.Should().Match(problem);
        }
    }

    [Fact]
    public void OptionsOfAClientThatAllMakeFollowDns_OrThatIsRemoved_AreNoMistake()
    {
        ConfigureNamedOptions<DnsAwareOptions>[] setups = [new("b", Set)];

        Validate([new DnsAwareClient(null, FollowsDns: true)], [], setups, new DnsAwareOptions()).Should().BeEmpty();
        Validate([A, new DnsAwareClient("b", FollowsDns: false)], [], setups, new DnsAwareOptions()).Should().BeEmpty();
    }

    private static void Set(DnsAwareOptions options) => options.MaxEndpointsPerOrigin = 7;

    /// <summary>A section such as <c>a:1</c>: of the client "a", or of all clients.</summary>
    private static OptionsSection<DnsAwareOptions> Section(string path)
    {
        IConfigurationRoot configuration = new ConfigurationBuilder()
            .AddInMemoryCollection([new($"{path}:MaxEndpointsPerOrigin", "0")]).Build();
        string client = path.Split(':')[0];
        return new OptionsSection<DnsAwareOptions>(client == "all" ? null : client, client, configuration.GetSection(path));
    }

    private static string[] Validate(
        DnsAwareClient[] clients, OptionsSection<DnsAwareOptions>[] sections, IConfigureOptions<DnsAwareOptions>[] setups, DnsAwareOptions options)
    {
        ClientOptionsValidator validator = new(new DnsAwareClients(clients), sections, setups, new UnnamedSetups(setups, []));
        return [.. validator.Validate("a", options).Failures ?? []];
    }
}
