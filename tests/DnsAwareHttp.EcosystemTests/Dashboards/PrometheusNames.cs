using System.Diagnostics.Metrics;

namespace DnsAwareHttp.EcosystemTests.Dashboards;

/// <summary>The names that instruments get from the Prometheus exporter.</summary>
internal static class PrometheusNames
{
    /// <summary>The name of the family, as after <c># TYPE</c>.</summary>
    public static string Family(Instrument instrument)
    {
        string name = Label(instrument.Name) + instrument.Unit switch
        {
            "s" => "_seconds",
            "By" => "_bytes",
            _ => "", // a unit in braces is a remark
        };
        return IsCounter(instrument) ? $"{name}_total" : name;
    }

    /// <summary>The names of its series: a histogram has three.</summary>
    public static IEnumerable<string> Series(Instrument instrument)
    {
        string family = Family(instrument);
        return Is(instrument, typeof(Histogram<>)) ? [$"{family}_bucket", $"{family}_sum", $"{family}_count"] : [family];
    }

    /// <summary>The label of a tag.</summary>
    public static string Label(string tag) => tag.Replace('.', '_');

    private static bool IsCounter(Instrument instrument) =>
        Is(instrument, typeof(Counter<>)) || Is(instrument, typeof(ObservableCounter<>));

    private static bool Is(Instrument instrument, Type type) =>
        instrument.GetType() is { IsGenericType: true } own && own.GetGenericTypeDefinition() == type;
}
