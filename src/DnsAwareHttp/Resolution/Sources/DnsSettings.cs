using System.Collections.Immutable;
using DnsAwareHttp.Resolution.Wire;

namespace DnsAwareHttp.Resolution.Sources;

/// <summary>How DNS questions are asked: the servers, and the options of the resolver.</summary>
/// <param name="Servers">In the order of preference; empty if no server is known.</param>
/// <param name="Search">Suffixes for names that are not absolute.</param>
/// <param name="Ndots">A name with at least this number of dots is first tried as it is.</param>
/// <param name="Timeout">For one server and one question.</param>
/// <param name="Attempts">The number of passes through the list of servers.</param>
/// <param name="Rotate">Whether the servers take turns.</param>
internal sealed record DnsSettings(
    ImmutableArray<NameServer> Servers, ImmutableArray<string> Search, int Ndots, TimeSpan Timeout, int Attempts, bool Rotate)
{
    /// <summary>Whether questions go by TCP only.</summary>
    public bool UseTcp { get; init; }

    /// <summary>Ask for AAAA after the answer about A. Some middleboxes lose one of two questions that come together.</summary>
    public bool OneByOne { get; init; }

    /// <summary>Do not query AAAA records.</summary>
    public bool WithoutAaaa { get; init; }

    /// <summary>Do not query single-label names as they are.</summary>
    public bool WithoutTopLevel { get; init; }

    public static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(2);
    public const int DefaultAttempts = 2;

    /// <summary>Combines options and file. The options take precedence.</summary>
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

    /// <summary>The first of <see cref="CandidatesFor"/>, without the others; null where only these have it.</summary>
    public string? FirstCandidateFor(string host)
    {
        if (host.EndsWith('.'))
        {
            return host[..^1];
        }

        int dots = host.AsSpan().Count('.');
        if (dots == 0 && WithoutTopLevel)
        {
            return null;
        }

        string first = dots >= Ndots || Search.IsEmpty ? host : $"{host}.{Search[0]}";
        return DnsMessageWriter.ProblemOf(first) == NameProblem.None ? first : null;
    }

    /// <summary>The absolute names to try for a name, in the order of glibc.</summary>
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
