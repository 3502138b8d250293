using System.Net.Sockets;
using DnsAwareHttp.Handlers;
using DnsAwareHttp.Tests.Fakes;

namespace DnsAwareHttp.Tests.Handlers;

public sealed class FailureReporterTests : IDisposable
{
    private const string Duration = "http.client.request.duration";

    private readonly RecordedMeters _meters = new();

    public void Dispose() => _meters.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Report_TheMetricOfTheRuntimeSeesTheRequestOnceAndNoSuccess(bool async)
    {
        await Report(Reporter(), NotResolved(), async);

        string measured = _meters.Measurements.Where(line => line.StartsWith(Duration, StringComparison.Ordinal)).Should().ContainSingle().Subject;
        measured.Should().Contain("server.address=svc.test").And.Contain("error.type=").And.NotContain("http.response.status_code");
        _meters.OpenConnections.Should().Be(0);
    }

    [Fact]
    public async Task Report_ACancellation_IsReportedAsOne()
    {
        await Report(Reporter(), new TaskCanceledException(), async: true);

        _meters.Measurements.Single(line => line.StartsWith(Duration, StringComparison.Ordinal))
            .Should().Contain("error.type=System.Threading.Tasks.TaskCanceledException");
    }

    [Fact]
    public async Task Report_ManyAtOnce_EachIsSeenOnceByOneHandler()
    {
        FailureReporter reporter = Reporter();

        await Task.WhenAll(Enumerable.Range(0, 20).Select(number => Report(
            reporter, number % 2 == 0 ? NotResolved() : new TaskCanceledException(), async: true)));

        string[] measured = [.. _meters.Measurements.Where(line => line.StartsWith(Duration, StringComparison.Ordinal))];
        measured.Should().HaveCount(20);
        measured.Count(line => line.Contains("TaskCanceledException", StringComparison.Ordinal)).Should().Be(10);
    }

    [Fact]
    public async Task Report_ARequestThatTheRuntimeRefuses_NeverFails()
    {
        using HttpRequestMessage request = new(HttpMethod.Get, "http://svc.test/") { Version = new Version(9, 9) };

        await FluentActions.Awaiting(() => Reporter().ReportAsync(request, NotResolved(), async: true)).Should().NotThrowAsync();
    }

    private static HttpRequestException NotResolved() => new(
        HttpRequestError.NameResolutionError, "No address is known.", new SocketException((int)SocketError.HostNotFound));

    private static async Task Report(FailureReporter reporter, Exception failure, bool async)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, "http://svc.test/");
        Task report = reporter.ReportAsync(request, failure, async);
        (async || report.IsCompleted).Should().BeTrue("a synchronous report is complete when the call returns");
        await report;
    }

    private FailureReporter Reporter()
    {
        using SocketsHttpHandler settings = new() { MeterFactory = _meters, UseProxy = false };
        return new FailureReporter(HandlerTemplate.ReadFrom(settings), null);
    }
}
