using System.Diagnostics;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Xunit.Abstractions;

namespace DnsAwareHttp.IntegrationTests;

/// <summary>One of three addresses goes silent while its connections are open: soon nobody waits for it, and once it speaks again it serves again.</summary>
[Collection(nameof(Alone))]
public sealed class SilentAddressTests(ITestOutputHelper output)
{
    private const string Silent = "10.97.0.1";
    private const string OthersServe = "failures: ; answers: 10.97.0.2, 10.97.0.3";
    private const string AllServe = "failures: ; answers: 10.97.0.1, 10.97.0.2, 10.97.0.3";
    private static readonly TimeSpan ToNotice = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan ToRecover = TimeSpan.FromMinutes(1);

    [NamespaceTheory("nft")]
    [InlineData(HttpProtocols.Http1)]
    [InlineData(HttpProtocols.Http2)]
    public async Task AddressGoesSilentUnderLoad_OthersServeUntilItSpeaksAgain(HttpProtocols protocols)
    {
        await using NetworkNamespace net = await NetworkNamespace.CreateAsync("", "127.0.0.1 localhost\n", Silent, "10.97.0.2", "10.97.0.3");
        await using ChildProcess probe = net.Start("dotnet", NamespaceProbe.Path, "load", protocols.ToString(), Silent, "10.97.0.2", "10.97.0.3");
        await Eventually.Holds(() => probe.Output.Contains("loading") || probe.HasEnded, "the probe is up");
        (await probe.AskAsync("before")).Should().Be(AllServe);

        await net.SilenceAsync(Silent);
        await Task.Delay(ToNotice);

        // The probe sends for 3 s and waits for each answer.
        (await probe.AskAsync("during")).Should().Be(OthersServe, "requests that start so long after the drop no longer meet it");

        await net.EndSilenceAsync();
        long ended = Stopwatch.GetTimestamp();
        string after;
        do
        {
            after = await probe.AskAsync("after");
        }
        while (after != AllServe && Stopwatch.GetElapsedTime(ended) < ToRecover);

        after.Should().Be(AllServe, "it speaks again");
        output.WriteLine($"{protocols}: served again within {Stopwatch.GetElapsedTime(ended).TotalSeconds:0} s");
    }
}
