using System.Text;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using DnsAwareHttp.EcosystemTests.Harness;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Xunit.Abstractions;

namespace DnsAwareHttp.EcosystemTests.Clients;

/// <summary>AWSSDK.S3: objects are put and got.</summary>
public sealed class AwsS3Tests(ITestOutputHelper output) : EcosystemTest(output)
{
    [Fact]
    public async Task GettingObjects_FollowsFlips()
    {
        using AmazonS3Client client = MakeClient(Fleet, Fleet.MakeHandler());
        await FlipAsync(() => GetAsync(client));
    }

    [Fact]
    public async Task PuttingObjects_FollowsFlips()
    {
        using AmazonS3Client client = MakeClient(Fleet, Fleet.MakeHandler());
        await FlipAsync(async () =>
        {
            PutObjectRequest request = new() { BucketName = "bucket", Key = "key", ContentBody = "a body" };
            return (await client.PutObjectAsync(request)).ETag;
        });
    }

    [Fact]
    public Task OneOfThreeServersEnds_LosesNoMoreThanTheBareHandler() => KillOneAsync(static (fleet, handler) =>
    {
        AmazonS3Client client = MakeClient(fleet, handler);
        return () => GetAsync(client);
    });

    protected override void Map(WebApplication app)
    {
        app.MapGet("/bucket/key", async (HttpContext context) =>
        {
            await Task.Delay(50, context.RequestAborted);
            return AddressEndpoints.AddressOf(context);
        });
        app.MapPut("/bucket/key", async (HttpContext context) =>
        {
            await context.Request.Body.CopyToAsync(Stream.Null, context.RequestAborted);
            context.Response.Headers.ETag = AddressEndpoints.AddressOf(context);
        });
    }

    private static async Task<string> GetAsync(AmazonS3Client client)
    {
        using GetObjectResponse got = await client.GetObjectAsync("bucket", "key");
        using StreamReader reader = new(got.ResponseStream, Encoding.UTF8);
        return await reader.ReadToEndAsync();
    }

    private static AmazonS3Client MakeClient(Fleet fleet, HttpMessageHandler handler) => new(
        new BasicAWSCredentials("key", "secret"),
        new AmazonS3Config
        {
            ServiceURL = fleet.Uri.ToString(),
            ForcePathStyle = true,
            MaxErrorRetry = 0,
            AuthenticationRegion = "eu-west-1",
            HttpClientFactory = new Factory(handler),
        });

    private sealed class Factory(HttpMessageHandler handler) : HttpClientFactory
    {
        public override HttpClient CreateHttpClient(IClientConfig clientConfig) => new(handler, disposeHandler: false);

        public override bool UseSDKHttpClientCaching(IClientConfig clientConfig) => false;
    }
}
