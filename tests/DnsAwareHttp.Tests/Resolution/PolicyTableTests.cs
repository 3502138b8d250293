using System.Net;
using DnsAwareHttp.Resolution;

namespace DnsAwareHttp.Tests.Resolution;

/// <summary>RFC 6724 section 2.1.</summary>
public sealed class PolicyTableTests
{
    [Theory]
    [InlineData("::1", 50, 0)]
    [InlineData("2001:db8::1", 40, 1)]
    [InlineData("10.0.0.1", 35, 4)]
    [InlineData("2002:c000:201::1", 30, 2)]
    [InlineData("2001::1", 5, 5)]
    [InlineData("fd00::1", 3, 13)]
    [InlineData("::198.51.100.1", 1, 3)]
    [InlineData("fec0::1", 1, 11)]
    [InlineData("3ffe::1", 1, 12)]
    [InlineData("fe80::1", 40, 1)]
    public void For_IsTheLineOfTheLongestPrefix(string address, int precedence, int label)
    {
        PolicyTable.Policy policy = PolicyTable.For(IPAddress.Parse(address));

        (policy.Precedence, policy.Label).Should().Be((precedence, label));
    }
}
