using System.Runtime.CompilerServices;
using DnsAwareHttp.Concurrency;

namespace DnsAwareHttp.Tests;

/// <summary>Switches the check of the order of all locks on, for all tests.</summary>
internal static class CheckedLocks
{
    [ModuleInitializer]
    public static void Begin() => OrderedLock.ChecksOrder = true;
}
