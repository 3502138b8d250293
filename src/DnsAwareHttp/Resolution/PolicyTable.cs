using System.Net;

namespace DnsAwareHttp.Resolution;

/// <summary>The default policy table of RFC 6724 section 2.1: the labels and precedences of address prefixes. Pure.</summary>
internal static class PolicyTable
{
    // The longest prefix is first: the first match counts. IPv4 stands for ::ffff:0:0/96, in which IPNetwork does not find the IPv4-mapped
    // addresses.
    private static readonly Policy[] Policies =
    [
        new("::1/128", 50, 0),
        new("0.0.0.0/0", 35, 4),
        new("::/96", 1, 3),
        new("2001::/32", 5, 5),
        new("2002::/16", 30, 2),
        new("3ffe::/16", 1, 12),
        new("fec0::/10", 1, 11),
        new("fc00::/7", 3, 13),
        new("::/0", 40, 1),
    ];

    /// <param name="address">IPv4 or IPv6, not IPv4-mapped.</param>
    public static Policy For(IPAddress address)
    {
        foreach (Policy policy in Policies)
        {
            if (policy.Prefix.Contains(address))
            {
                return policy;
            }
        }

        throw new ArgumentException($"{address} is neither IPv4 nor IPv6.", nameof(address));
    }

    /// <summary>One line of the table: addresses of equal label belong together, and a higher precedence is preferred.</summary>
    internal sealed class Policy(string prefix, int precedence, int label)
    {
        public IPNetwork Prefix { get; } = IPNetwork.Parse(prefix);

        public int Precedence => precedence;

        public int Label => label;
    }
}
