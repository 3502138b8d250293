namespace DnsAwareHttp.Tests;

public sealed class SessionAffinityOptionsTests
{
    private static readonly Func<HttpRequestMessage, string?> Selector = static _ => "key";

    private static readonly Dictionary<string, Action<SessionAffinityOptions>> Changes = new()
    {
        [nameof(SessionAffinityOptions.HeaderName)] = static options => options.HeaderName = "Mcp-Session-Id",
        [nameof(SessionAffinityOptions.CookieName)] = static options => options.CookieName = "session",
        [nameof(SessionAffinityOptions.QueryParameter)] = static options => options.QueryParameter = "id",
        [nameof(SessionAffinityOptions.KeySelector)] = static options => options.KeySelector = Selector,
        [nameof(SessionAffinityOptions.MaxSessions)] = static options => options.MaxSessions = 7,
    };

    public static TheoryData<string> Names() => [.. typeof(SessionAffinityOptions).GetProperties().Select(property => property.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void EachOption_IsCopiedAndCompared(string name)
    {
        SessionAffinityOptions options = new();
        SessionAffinityOptions before = options.Snapshot();

        Changes[name](options);

        SessionAffinityOptions.AreSame(before, new SessionAffinityOptions()).Should().BeTrue("a later change does not reach the copy");
        SessionAffinityOptions.AreSame(options, before).Should().BeFalse();
        SessionAffinityOptions.AreSame(options, options.Snapshot()).Should().BeTrue();
    }

    [Fact]
    public void NoSessions_AreNotSessionsWithDefaults()
    {
        SessionAffinityOptions.AreSame(null, null).Should().BeTrue();
        SessionAffinityOptions.AreSame(null, new SessionAffinityOptions()).Should().BeFalse();
        SessionAffinityOptions.AreSame(new SessionAffinityOptions(), null).Should().BeFalse();
    }
}
