using System.Net;
using DnsAwareHttp.Diagnostics;
using DnsAwareHttp.Tests.Fakes;
using Microsoft.Extensions.Logging;

namespace DnsAwareHttp.Tests.Diagnostics;

public sealed class BoundedLoggerTests
{
    private readonly ManualTimeProvider _time = new();
    private readonly CapturingLogger _log = new();
    private readonly ILogger _logger;

    public BoundedLoggerTests() => _logger = BoundedLogger.Create<DnsAwareHandler>(_log, _time);

    [Fact]
    public void EventThatIsRepeatedWithoutEnd_IsLoggedTwentyTimesAMinute()
    {
        for (int index = 0; index < 1_000; index++)
        {
            Fail("http://svc.test:80");
        }

        _log.TextsOf("EndpointFailing").Should().HaveCount(20);
        _log.TextsOf("LinesLeftOut").Should().Equal(
            "http://svc.test:80: EndpointFailing was logged 20 times within 60 s. Further lines are left out for the rest of this time.");

        _time.Advance(TimeSpan.FromMinutes(1));
        Fail("http://svc.test:80");
        _log.TextsOf("EndpointFailing").Should().HaveCount(21);
    }

    [Fact]
    public void OtherSubjectsAndOtherEvents_AreCountedApart()
    {
        for (int index = 0; index < 1_000; index++)
        {
            Fail("http://svc.test:80");
        }

        Fail("http://other.test:80");
        _logger.OriginOpened("http://svc.test:80");

        _log.TextsOf("EndpointFailing").Should().HaveCount(21);
        _log.TextsOf("OriginOpened").Should().ContainSingle();
    }

    [Fact]
    public void LinesForDebugging_AreNotBounded()
    {
        for (int index = 0; index < 100; index++)
        {
            _logger.AnswerReceived("svc.test", new Answer.Failed("SERVFAIL"));
        }

        _log.TextsOf("AnswerReceived").Should().HaveCount(100).And.OnlyContain(text => text == "svc.test: asked; no answer (SERVFAIL).");
    }

    [Fact]
    public void LinesAboutOptions_AreNotBounded()
    {
        for (int index = 0; index < 100; index++)
        {
            _logger.OptionsChanged("orders");
        }

        _log.TextsOf("OptionsChanged").Should().HaveCount(100);
    }

    [Fact]
    public void ManyThreads_WriteNoMoreThanOne()
    {
        Parallel.For(0, 10_000, _ => Fail("http://svc.test:80"));

        _log.TextsOf("EndpointFailing").Should().HaveCount(20);
        _log.TextsOf("LinesLeftOut").Should().ContainSingle();
    }

    [Fact]
    public void NamesOfOutsiders_DoNotMultiplyTheLines()
    {
        for (int index = 0; index < 10_000; index++)
        {
            // Twice: a name that was beyond the bound has no lines of its own the second time either.
            Fail($"http://host{index}.test:80");
            Fail($"http://host{index}.test:80");
        }

        _log.TextsOf("EndpointFailing").Should().HaveCount((2 * BoundedLogger.MaxSubjectsOfEvent) + BoundedLogger.MaxLines);
        _log.TextsOf("LinesLeftOut").Should().Equal(
            "Other names: EndpointFailing was logged 20 times within 60 s. Further lines are left out for the rest of this time.");
        ((BoundedLogger)_logger).Subjects.Should().BeLessThan(5_000);

        _time.Advance(TimeSpan.FromMinutes(1));
        Fail("http://host9999.test:80");
        _log.TextsOf("EndpointFailing").Should().HaveCount((2 * BoundedLogger.MaxSubjectsOfEvent) + BoundedLogger.MaxLines + 1);
    }

    [Fact]
    public void NamesOfOneEvent_TakeNoLinesOfAnother()
    {
        for (int index = 0; index < 10_000; index++)
        {
            _logger.OriginOpened($"http://host{index}.test:80");
        }

        Fail("http://svc.test:80");

        _log.TextsOf("OriginOpened").Should().HaveCount(BoundedLogger.MaxSubjectsOfEvent + BoundedLogger.MaxLines);
        _log.TextsOf("EndpointFailing").Should().ContainSingle();
    }

    private void Fail(string origin) => _logger.EndpointFailing(origin, IPAddress.Loopback, "refused", "There is no other address");
}
