using Azure;
using Azure.Core;
using Azure.Core.Pipeline;
using DnsAwareHttp.EcosystemTests.Harness;
using Xunit.Abstractions;

namespace DnsAwareHttp.EcosystemTests.Clients;

/// <summary>Azure.Core: the pipeline that all Azure SDKs send with.</summary>
public sealed class AzureCoreTests(ITestOutputHelper output) : EcosystemTest(output)
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Pipeline_FollowsFlips(bool overHttpClient)
    {
        DnsAwareHandler handler = Fleet.MakeHandler();
        using HttpClientTransport transport = overHttpClient ? new(new HttpClient(handler)) : new(handler);
        await FlipAsync(() => Ask(MakePipeline(transport), Fleet, "/address"));
    }

    [Fact]
    public Task OneOfThreeServersEnds_LosesNoMoreThanTheBareHandler() => KillOneAsync(static (fleet, handler) =>
    {
        HttpPipeline pipeline = MakePipeline(new HttpClientTransport(handler));
        return () => Ask(pipeline, fleet, "/slow");
    });

    private static HttpPipeline MakePipeline(HttpPipelineTransport transport) =>
        HttpPipelineBuilder.Build(new Options { Transport = transport });

    private static async Task<string> Ask(HttpPipeline pipeline, Fleet fleet, string path)
    {
        using HttpMessage message = pipeline.CreateMessage();
        message.Request.Method = RequestMethod.Get;
        message.Request.Uri.Reset(new Uri(fleet.Uri, path));
        await pipeline.SendAsync(message, CancellationToken.None);
        return message.Response.IsError ? throw new RequestFailedException(message.Response) : message.Response.Content.ToString();
    }

    private sealed class Options : ClientOptions
    {
        public Options() => Retry.MaxRetries = 0;
    }
}
