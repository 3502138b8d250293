using System.Collections.Immutable;
using System.Net;
using DnsAwareHttp.Resolution.Wire;

namespace DnsAwareHttp.Tests.Resolution.Wire;

/// <summary>Compares replies by what they say.</summary>
internal static class ReplyWords
{
    /// <summary>As equality of records, but addresses one by one, and one kind of malformed.</summary>
    public static bool SaysTheSameAs(this DnsReply one, DnsReply other) => (one, other) switch
    {
        (DnsReply.Records left, DnsReply.Records right) =>
            left.Ttl == right.Ttl && Equal(left.Addresses, right.Addresses) && Equal(left.Targets, right.Targets),
        (DnsReply.Malformed, DnsReply.Malformed) => true,
        _ => one.Equals(other),
    };

    /// <summary>Whether the server is believed to have answered the question.</summary>
    public static bool IsAccepted(this DnsReply reply) => reply is DnsReply.Records or DnsReply.None or DnsReply.Elsewhere or DnsReply.Truncated;

    /// <summary>As in <c>found 60 10.0.0.1 10.0.0.2</c>, <c>nxdomain 30</c>, <c>elsewhere 60 b.test</c>, <c>refused</c>.</summary>
    public static string InWords(this DnsReply reply) => reply switch
    {
        DnsReply.Records records => $"found {records.Ttl.TotalSeconds} {string.Join(' ', records.Addresses.Select(address => address.ToString()).Order(StringComparer.Ordinal))}",
        DnsReply.None none => $"{none.Reason.ToString().ToLowerInvariant()} {none.NegativeTtl.TotalSeconds}",
        DnsReply.Elsewhere elsewhere => $"elsewhere {elsewhere.Ttl.TotalSeconds} {elsewhere.Target}",
        DnsReply.Refusal refusal => refusal.Code.ToString().ToLowerInvariant(),
        _ => reply.GetType().Name.ToLowerInvariant(),
    };

    private static bool Equal(ImmutableArray<ServiceTarget>? left, ImmutableArray<ServiceTarget>? right) =>
        left.HasValue == right.HasValue && (left is null || left.Value.AsSpan().SequenceEqual(right!.Value.AsSpan()));

    private static bool Equal(ImmutableArray<IPAddress> left, ImmutableArray<IPAddress> right)
    {
        if (left.Length != right.Length)
        {
            return false;
        }

        for (int index = 0; index < left.Length; index++)
        {
            if (!left[index].Equals(right[index]))
            {
                return false;
            }
        }

        return true;
    }
}
