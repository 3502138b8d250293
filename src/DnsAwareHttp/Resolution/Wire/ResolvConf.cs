using System.Collections.Immutable;
using System.Globalization;
using System.Net;

namespace DnsAwareHttp.Resolution.Wire;

/// <summary>The content of a resolv.conf file (resolv.conf(5)), read as glibc reads it. Malformed lines are skipped.</summary>
internal sealed record ResolvConf
{
    private const int MaxServers = 3;
    private const int MaxNdots = 15;
    private const int MaxSeconds = 30;
    private const int MaxAttempts = 5;

    private static readonly char[] Blanks = [' ', '\t', '\r', '\v', '\f'];

    /// <summary>At most three; the server on this machine if the file names no server.</summary>
    public ImmutableArray<IPEndPoint> NameServers { get; init; } = [new IPEndPoint(IPAddress.Loopback, NameServer.DefaultPort)];

    /// <summary>Suffixes for names that are not absolute, in lower case, without dots around them.</summary>
    public ImmutableArray<string> Search { get; init; } = [];

    /// <summary>A name with at least this number of dots is first tried as it is.</summary>
    public int Ndots { get; init; } = 1;

    /// <summary>The timeout of one server; null if the file does not set it.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>The number of passes through the servers; null if the file does not set it.</summary>
    public int? Attempts { get; init; }

    /// <summary>Whether the servers take turns.</summary>
    public bool Rotate { get; init; }

    /// <summary>Whether questions go by TCP only.</summary>
    public bool UseVc { get; init; }

    /// <summary>Whether A and AAAA are asked for one after the other.</summary>
    public bool SingleRequest { get; init; }

    /// <summary>Do not query AAAA records.</summary>
    public bool NoAaaa { get; init; }

    /// <summary>Do not query single-label names as they are.</summary>
    public bool NoTldQuery { get; init; }

    /// <summary>
    /// Reads <paramref name="text"/>; an empty text stands for a missing file. <paramref name="hostName"/> gives the suffix when the text
    /// has no suffix.
    /// </summary>
    public static ResolvConf Parse(string text, string hostName = "")
    {
        ResolvConf conf = new() { NameServers = [], Search = DomainOf(hostName) };
        foreach (string line in text.TrimStart('\uFEFF').Split('\n'))
        {
            // glibc knows comments only at the beginning of a line. After a value they cannot be anything else.
            string[] words = [.. line.Split(Blanks, StringSplitOptions.RemoveEmptyEntries).TakeWhile(word => word[0] is not ('#' or ';'))];
            conf = words.Length < 2 ? conf : conf.With(words[0], words.AsSpan(1));
        }

        return conf.NameServers.IsEmpty ? conf with { NameServers = new ResolvConf().NameServers } : conf;
    }

    /// <summary>Applies environment variables (resolv.conf(5)).</summary>
    /// <remarks><c>LOCALDOMAIN</c> replaces the search list, <c>RES_OPTIONS</c> amends the options.</remarks>
    public ResolvConf WithEnvironment(string? localDomain, string? resOptions)
    {
        ResolvConf conf = localDomain is null ? this : this with { Search = Suffixes(Words(localDomain)) };
        return resOptions is null ? conf : conf.WithOptions(Words(resOptions));
    }

    public bool Equals(ResolvConf? other) =>
        other is not null
        && NameServers.AsSpan().SequenceEqual(other.NameServers.AsSpan())
        && Search.AsSpan().SequenceEqual(other.Search.AsSpan())
        && (Ndots, Timeout, Attempts, Rotate) == (other.Ndots, other.Timeout, other.Attempts, other.Rotate)
        && (UseVc, SingleRequest, NoAaaa, NoTldQuery) == (other.UseVc, other.SingleRequest, other.NoAaaa, other.NoTldQuery);

    public override int GetHashCode() => HashCode.Combine(NameServers.Length, Search.Length, Ndots, Timeout, Attempts, Rotate);

    private static ImmutableArray<string> DomainOf(string hostName)
    {
        int dot = hostName.IndexOf('.', StringComparison.Ordinal);
        return dot < 0 ? [] : Suffixes([hostName[(dot + 1)..]]);
    }

    private ResolvConf With(string keyword, ReadOnlySpan<string> values) => keyword switch
    {
        "nameserver" => WithServer(values[0]),
        "domain" => this with { Search = Suffixes(values[..1]) },
        "search" => this with { Search = Suffixes(values) },
        "options" => WithOptions(values),
        _ => this,
    };

    private ResolvConf WithServer(string text) =>
        NameServers.Length < MaxServers && IPAddress.TryParse(text, out IPAddress? address)
            ? this with { NameServers = NameServers.Add(NameServer.EndPointOf(address, NameServer.DefaultPort)) }
            : this;

    // The root as a suffix adds nothing, and a suffix that cannot be asked for would only be skipped later.
    private static ImmutableArray<string> Suffixes(ReadOnlySpan<string> values)
    {
        ImmutableArray<string>.Builder suffixes = ImmutableArray.CreateBuilder<string>();
        foreach (string value in values)
        {
            string suffix = value.Trim('.').ToLowerInvariant();
            if (suffix.Length > 0 && DnsMessageWriter.ProblemOf(suffix) == NameProblem.None && !suffixes.Contains(suffix))
            {
                suffixes.Add(suffix);
            }
        }

        return suffixes.ToImmutable();
    }

    private ResolvConf WithOptions(ReadOnlySpan<string> values)
    {
        ResolvConf conf = this;
        foreach (string value in values)
        {
            string[] parts = value.Split(':', 2);
            int? number = parts.Length == 2 ? NumberIn(parts[1]) : null;
            conf = (parts[0], number) switch
            {
                ("ndots", int ndots) => conf with { Ndots = Math.Min(ndots, MaxNdots) },
                ("timeout", int seconds) => conf with { Timeout = TimeSpan.FromSeconds(Math.Clamp(seconds, 1, MaxSeconds)) },
                ("attempts", int attempts) => conf with { Attempts = Math.Clamp(attempts, 1, MaxAttempts) },
                ("rotate", null) => conf with { Rotate = true },
                ("use-vc", null) => conf with { UseVc = true },
                ("single-request", null) => conf with { SingleRequest = true },
                ("no-aaaa", null) => conf with { NoAaaa = true },
                ("no-tld-query", null) => conf with { NoTldQuery = true },

                // edns0 and single-request-reopen always hold. trust-ad asks for a bit that is not used here.
                _ => conf,
            };
        }

        return conf;
    }

    private static string[] Words(string text) => text.Split(Blanks, StringSplitOptions.RemoveEmptyEntries);

    private static int? NumberIn(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : null;
}
