using System.Collections.Immutable;
using DnsAwareHttp.Resolution.Wire;

namespace DnsAwareHttp.Resolution.Sources;

/// <summary>Whom DNS questions go to, and how.</summary>
/// <param name="Servers">In the order of preference; none when no server is known.</param>
/// <param name="Search">Suffixes for names that are not absolute.</param>
/// <param name="Ndots">A name with at least so many dots is first tried as it is.</param>
/// <param name="Timeout">For one server and one question.</param>
/// <param name="Attempts">How often the servers are gone through.</param>
/// <param name="Rotate">Whether the servers take turns.</param>
internal sealed record DnsSettings(
    ImmutableArray<NameServer> Servers, ImmutableArray<string> Search, int Ndots, TimeSpan Timeout, int Attempts, bool Rotate)
{
    /// <summary>Whether questions go by TCP only.</summary>
    public bool UseTcp { get; init; }

    /// <summary>Whether the question for AAAA waits for the answer about A: some middleboxes lose one of two that come together.</summary>
    public bool OneByOne { get; init; }

    /// <summary>Whether nobody wants IPv6 addresses.</summary>
    public bool WithoutAaaa { get; init; }

    /// <summary>Whether names of one label are not asked for without a suffix.</summary>
    public bool WithoutTopLevel { get; init; }

    public static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(2);
    public const int DefaultAttempts = 2;

    /// <summary>What the options say goes before what the file says.</summary>
    public static DnsSettings Of(DnsCacheOptions options, ImmutableArray<NameServer> servers, ResolvConf conf) =>
        new(
            servers,
            conf.Search,
            conf.Ndots,
            options.QueryTimeout ?? conf.Timeout ?? DefaultTimeout,
            options.Attempts ?? conf.Attempts ?? DefaultAttempts,
            conf.Rotate)
        {
            UseTcp = conf.UseVc,
            OneByOne = conf.SingleRequest,
            WithoutAaaa = conf.NoAaaa,
            WithoutTopLevel = conf.NoTldQuery,
        };

    /// <summary>The absolute names that a name may stand for, in the order in which glibc tries them.</summary>
    public IEnumerable<string> CandidatesFor(string host)
    {
        if (host.EndsWith('.'))
        {
            return [host[..^1]];
        }

        IEnumerable<string> extended = Search
            .Select(suffix => $"{host}.{suffix}")
            .Where(name => DnsMessageWriter.ProblemOf(name) == NameProblem.None);
        int dots = host.Count(letter => letter == '.');
        return dots == 0 && WithoutTopLevel ? extended
            : dots >= Ndots ? extended.Prepend(host)
            : extended.Append(host);
    }
}
