using System.Diagnostics;
using System.Net;

namespace HostsFlip;

/// <summary>Tells line by line what goes on. Each line is written once, so it reads the same in a terminal, a pipe and a log.</summary>
internal sealed class LiveView(TextWriter output, bool useColours)
{
    private const int Tenths = 10;
    private const string Blue = "\e[34m", Green = "\e[32m", Red = "\e[1;31m", Bold = "\e[1m", Plain = "\e[0m";

    private readonly Lock _gate = new();
    private IPAddress? _first;

    public static LiveView For(DemoOptions options)
    {
        bool isRedirected = options.Json ? Console.IsErrorRedirected : Console.IsOutputRedirected;
        bool noColour = !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")) || Environment.GetEnvironmentVariable("TERM") == "dumb";
        return new LiveView(options.Json ? Console.Error : Console.Out, !isRedirected && !noColour);
    }

    /// <summary>Says at once that something happens: a first start takes a moment.</summary>
    public void Open() => WriteLine("Two web servers start on this machine ...");

    public void Introduce(IFlippingHosts hosts, LocalServers servers)
    {
        _first = servers.First.Address;
        string file = hosts.PrivateFile is null ? "The machine's own hosts file" : "A hosts file";
        WriteLine($"""
            Server 1 is {servers.First.Address}, server 2 is {servers.Second.Address}, both on port {servers.First.Port}.
            {file} says that {hosts.Name} is server 1. In 2.5 s it will say: server 2.
            Ten marks a second: who answered ({Paint("1")} or {Paint("2")}), {Paint("x")} a request failed, {Paint(".")} no answer came.

                   plain HttpClient                 with DnsAwareHandler             download
            """);
    }

    /// <summary>Writes a line for each second that has passed, until the traffic ends.</summary>
    public async Task WatchAsync(Traffic plain, Traffic ours, Download download, Stopwatch clock, Task traffic, CancellationToken cancellationToken)
    {
        for (int second = 1; second <= Schedule.End.TotalSeconds || !traffic.IsCompleted; second++)
        {
            await clock.WaitUntilAsync(TimeSpan.FromSeconds(second), cancellationToken);
            string share = download.Share is double part ? $"{part,4:0 %}" : "   -";
            WriteLine($"{second,3} s  {Second(plain, second)}  {Second(ours, second)}  {share}");
        }
    }

    public void Tell(string news) => WriteLine($"       {Painted(Bold, $"--- {news} ---")}");

    public void Show(Verdict verdict) => WriteLine($"""

        {verdict.Figures}

        {Painted(verdict.HarmSeen ? Red : Bold, verdict.Harm)}
        {verdict.Download}
        {Painted(verdict.PromiseHeld ? Green : Red, verdict.Conclusion)}
        """);

    private string Second(Traffic traffic, int second)
    {
        ILookup<int, Outcome> tenths = traffic.Outcomes.ToLookup(outcome => (int)(outcome.Ended.TotalSeconds * Tenths));
        IEnumerable<int> ours = Enumerable.Range((second - 1) * Tenths, Tenths);
        string marks = string.Concat(ours.Select(tenth => Paint(MarkOf(tenths[tenth]))));
        int failed = ours.Sum(tenth => tenths[tenth].OfType<Outcome.Failed>().Count());
        int answered = ours.Sum(tenth => tenths[tenth].Count()) - failed;
        string failures = $"{failed,2} failed";
        return $"{marks} {answered,4} ok {(failed == 0 ? failures : Painted(Red, failures))}   ";
    }

    private string MarkOf(IEnumerable<Outcome> tenth) => tenth.OrderBy(outcome => outcome.Ended).LastOrDefault() switch
    {
        null => ".",
        _ when tenth.Any(outcome => outcome is Outcome.Failed) => "x",
        Outcome.Answered answer => answer.Server.Equals(_first) ? "1" : "2",
        _ => "x",
    };

    private string Paint(string mark) => mark switch
    {
        "1" => Painted(Blue, mark),
        "2" => Painted(Green, mark),
        "x" => Painted(Red, mark),
        _ => mark,
    };

    private string Painted(string colour, string text) => useColours ? $"{colour}{text}{Plain}" : text;

    private void WriteLine(string text)
    {
        lock (_gate)
        {
            output.WriteLine(text);
            output.Flush();
        }
    }
}
