namespace DnsAwareHttp.EcosystemTests.Dashboards;

/// <summary>What the test of the dashboard takes for a name.</summary>
public sealed class PromQlTests
{
    [Theory]
    [InlineData("up", "up")]
    [InlineData("sum by (a, b) (rate(x_total{job=~\"$job\",c!=\"\"}[$__rate_interval]))", "x_total")]
    [InlineData("histogram_quantile(0.99, sum by (le) (rate(d_seconds_bucket{a=\"b_c\"}[5m])))", "d_seconds_bucket")]
    [InlineData("sum without (a) (x) / ignoring (b) y > 0", "x", "y")]
    [InlineData("increase(x_total{a=\"left\"}[1m]) > 1e3 and on (a) y unless z offset 5", "x_total", "y", "z")]
    public void Metrics_AreFound(string expression, params string[] metrics) => PromQl.Metrics(expression).Should().Equal(metrics);

    [Theory]
    [InlineData("up")]
    [InlineData("sum by (a, b) (rate(x_total{job=~\"$job\",c!=\"\"}[$__rate_interval]))", "a", "b", "c", "job")]
    [InlineData("max without (a) (x{b=\"c=d\"})", "a", "b")]
    public void Labels_AreFound(string expression, params string[] labels) => PromQl.Labels(expression).Should().BeEquivalentTo(labels);
}
