using System.Net;

namespace DnsAwareHttp.Tests;

public sealed class OutlierDetectionOptionsTests
{
    private static readonly Dictionary<string, (Action<OutlierDetectionOptions> Change, Action<OutlierDetectionOptions>? Mistake)> Samples = new()
    {
        [nameof(OutlierDetectionOptions.Enabled)] = (static o => o.Enabled = false, null),
        [nameof(OutlierDetectionOptions.ConsecutiveFailures)] = (static o => o.ConsecutiveFailures = 3, static o => o.ConsecutiveFailures = 0),
        [nameof(OutlierDetectionOptions.FailureRatio)] = (static o => o.FailureRatio = 1, static o => o.FailureRatio = double.NaN),
        [nameof(OutlierDetectionOptions.MinRequests)] = (static o => o.MinRequests = 1, static o => o.MinRequests = 0),
        [nameof(OutlierDetectionOptions.Window)] = (static o => o.Window = TimeSpan.FromMinutes(1), static o => o.Window = TimeSpan.Zero),
        [nameof(OutlierDetectionOptions.EjectionTime)] =
            (static o => o.EjectionTime = TimeSpan.FromSeconds(1), static o => o.EjectionTime = TimeSpan.FromMinutes(6)),
        [nameof(OutlierDetectionOptions.MaxEjectionTime)] =
            (static o => o.MaxEjectionTime = TimeSpan.FromHours(1), static o => o.MaxEjectionTime = TimeSpan.FromDays(2)),
        [nameof(OutlierDetectionOptions.MaxEjectedShare)] = (static o => o.MaxEjectedShare = 0, static o => o.MaxEjectedShare = 1.5),
        [nameof(OutlierDetectionOptions.IsFailure)] = (static o => o.IsFailure = IsServerError, static o => o.IsFailure = null!),
    };

    public static TheoryData<string> Names() => [.. typeof(OutlierDetectionOptions).GetProperties().Select(property => property.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void EachOption_IsCopiedAndCompared(string name)
    {
        OutlierDetectionOptions options = new();
        OutlierDetectionOptions before = options.Snapshot();

        Samples[name].Change(options);

        before.IsSameAs(new OutlierDetectionOptions()).Should().BeTrue("a later change does not reach the copy");
        options.IsSameAs(before).Should().BeFalse();
        options.IsSameAs(options.Snapshot()).Should().BeTrue();
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void EachMistake_IsReportedWithItsValueAndTheRemedy(string name)
    {
        DnsAwareOptions options = new();
        Samples[name].Change(options.OutlierDetection);
        DnsAwareOptionsValidator.ProblemsOf(options).Lines.Should().BeEmpty();

        Samples[name].Mistake?.Invoke(options.OutlierDetection);

        IReadOnlyList<string> lines = DnsAwareOptionsValidator.ProblemsOf(options).Lines;
        lines.Should().HaveCount(Samples[name].Mistake is null ? 0 : 1);
        lines.Where(line => !line.StartsWith($"OutlierDetection.{name} is ", StringComparison.Ordinal) || !line.Contains("; give a")).Should().BeEmpty();
    }

    [Fact]
    public void Null_IsAMistake()
    {
        DnsAwareOptions options = new() { OutlierDetection = null! };

        DnsAwareOptionsValidator.ProblemsOf(options).Lines.Should().ContainSingle().Which.Should().StartWith("OutlierDetection is null; give options");
    }

    [Theory]
    [InlineData(HttpStatusCode.OK, false)]
    [InlineData(HttpStatusCode.TooManyRequests, false)]
    [InlineData(HttpStatusCode.InternalServerError, false)]
    [InlineData(HttpStatusCode.NotImplemented, false)]
    [InlineData(HttpStatusCode.BadGateway, true)]
    [InlineData(HttpStatusCode.ServiceUnavailable, true)]
    [InlineData(HttpStatusCode.GatewayTimeout, true)]
    [InlineData(HttpStatusCode.HttpVersionNotSupported, false)]
    public void IsFailure_ByDefault_NamesGatewayErrors(HttpStatusCode status, bool isFailure)
    {
        using HttpResponseMessage response = new(status);

        new OutlierDetectionOptions().IsFailure(response).Should().Be(isFailure);
    }

    [Fact]
    public void HasDefaultRule_UntilAnotherOneIsSet()
    {
        OutlierDetectionOptions options = new();
        options.Snapshot().HasDefaultRule.Should().BeTrue();

        options.IsFailure = IsServerError;

        options.HasDefaultRule.Should().BeFalse();
    }

    private static bool IsServerError(HttpResponseMessage response) => (int)response.StatusCode >= 500;
}
