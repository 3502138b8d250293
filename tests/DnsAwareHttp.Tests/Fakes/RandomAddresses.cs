using System.Net;
using System.Net.Sockets;

namespace DnsAwareHttp.Tests.Fakes;

/// <summary>Addresses of all kinds that RFC 6724 tells apart, close enough to each other for ties.</summary>
internal static class RandomAddresses
{
    private static readonly string[] V4Kinds = ["10.0.{0}.{1}", "198.51.{0}.{1}", "169.254.{0}.{1}", "127.0.{0}.{1}"];

    private static readonly string[] V6Kinds =
    [
        "2001:db8:{0:x}::{1:x}", "2001:db8::{0:x}:{1:x}", "2001::{0:x}:{1:x}", "2002:{0:x}::{1:x}", "3ffe:{0:x}::{1:x}",
        "fd00:{0:x}::{1:x}", "fec0:{0:x}::{1:x}", "fe80::{0:x}:{1:x}", "::1", "::{0:x}:{1:x}", "ff05::{0:x}:{1:x}", "2a00:{0:x}::{1:x}",
    ];

    public static IPAddress Next(Random random) => Next(random, random.Next(3) == 0 ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6);

    public static IPAddress? SourceOrNone(Random random, AddressFamily family) => random.Next(4) == 0 ? null : Next(random, family);

    private static IPAddress Next(Random random, AddressFamily family)
    {
        string[] kinds = family == AddressFamily.InterNetwork ? V4Kinds : V6Kinds;
        return IPAddress.Parse(string.Format(null, kinds[random.Next(kinds.Length)], random.Next(1, 256), random.Next(1, 256)));
    }
}
