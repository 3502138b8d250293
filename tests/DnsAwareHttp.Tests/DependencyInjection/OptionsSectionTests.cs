using DnsAwareHttp.DependencyInjection;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace DnsAwareHttp.Tests.DependencyInjection;

public sealed class OptionsSectionTests
{
    [Fact]
    public void Bind_KnownKeysInAnyCase_CallsTheBinderWithTheSection()
    {
        OptionsSection<DnsAwareOptions> section = Section(("dns:MaxEndpointsPerOrigin", "7"), ("dns:draintimeout", "00:00:05"));
        DnsAwareOptions options = new();

        section.Bind(options, static (from, to) => to.MaxEndpointsPerOrigin = int.Parse(from["MaxEndpointsPerOrigin"]!));

        options.MaxEndpointsPerOrigin.Should().Be(7);
    }

    [Fact]
    public void Bind_KeysThatAreNoOptions_AreAllReported_AndNothingIsBound()
    {
        OptionsSection<DnsAwareOptions> section = Section(("dns:MaxEndpoint", "7"), ("dns:Other", "8"));

        string[] problems = ProblemsOf(section, static (_, _) => throw new NotSupportedException("It must not be called."));

        problems.Should().HaveCount(2);
        problems[0].Should().StartWith("HTTP client \"a\", dns:MaxEndpoint: there is no such option; give one of ")
            .And.Contain("ConnectAttemptDelay, ").And.NotContain(nameof(DnsAwareOptions.AddressFilter), "a delegate cannot be given here");
        problems[1].Should().Contain("dns:Other: there is no such option");
    }

    [Fact]
    public void Bind_Delegate_IsToBeSetInCode() => ProblemsOf(Section(("dns:AddressFilter", "all"))).Should().ContainSingle()
        .Which.Should().Contain("dns:AddressFilter: a delegate cannot come from configuration;").And.Contain("options.AddressFilter = ");

    [Theory]
    [InlineData("HeaderNam", "dns:SessionAffinity:HeaderNam: there is no such option; give one of CookieName, HeaderName, MaxSessions, QueryParameter.")]
    [InlineData("KeySelector", "dns:SessionAffinity:KeySelector: a delegate cannot come from configuration;")]
    public void Bind_KeysOfTheSessions_AreCheckedToo(string key, string problem) =>
        ProblemsOf(Section(($"dns:SessionAffinity:{key}", "x"))).Should().ContainSingle().Which.Should().Contain(problem);

    [Fact]
    public void Bind_ValueThatTheBinderCannotRead_IsTheProblem() =>
        ProblemsOf(Section(("dns:DrainTimeout", "x")), static (_, _) => throw new InvalidOperationException("x is no time"))
            .Should().Equal("HTTP client \"a\": x is no time");

    [Fact]
    public void FindPath_IsTheOneInTheConfiguration()
    {
        OptionsSection<DnsAwareOptions> section = Section(("dns:DrainTimeout", "00:00:05"), ("dns:SessionAffinity:HeaderName", "x"));

        section.FindPath("DrainTimeout").Should().Be("dns:DrainTimeout");
        section.FindPath("SessionAffinity").Should().Be("dns:SessionAffinity");
        section.FindPath("ConnectTimeout").Should().BeNull();
    }

    [Fact]
    public void FindPath_OfTheWholeConfiguration_IsTheKey() =>
        new OptionsSection<DnsAwareOptions>(null, "All", Configuration(("DrainTimeout", "00:00:05"))).FindPath("DrainTimeout").Should().Be("DrainTimeout");

    private static string[] ProblemsOf(OptionsSection<DnsAwareOptions> section, Action<IConfiguration, DnsAwareOptions>? bind = null)
    {
        OptionsValidationException thrown = section.Invoking(it => it.Bind(new DnsAwareOptions(), bind ?? (static (_, _) => { })))
            .Should().Throw<OptionsValidationException>().Which;
        (thrown.OptionsName, thrown.OptionsType).Should().Be(("a", typeof(DnsAwareOptions)));
        return [.. thrown.Failures];
    }

    private static OptionsSection<DnsAwareOptions> Section(params (string Key, string Value)[] values) =>
        new("a", "HTTP client \"a\"", Configuration(values).GetSection("dns"));

    private static IConfigurationRoot Configuration(params (string Key, string Value)[] values) =>
        new ConfigurationBuilder().AddInMemoryCollection(values.ToDictionary(value => value.Key, value => (string?)value.Value)).Build();
}
