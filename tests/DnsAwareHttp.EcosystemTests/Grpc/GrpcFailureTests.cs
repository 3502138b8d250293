using System.Diagnostics;
using DnsAwareHttp.EcosystemTests.Harness;
using DnsAwareHttp.EcosystemTests.Rpc;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Net.Client.Configuration;
using Xunit.Abstractions;

namespace DnsAwareHttp.EcosystemTests.Grpc;

/// <summary>Grpc.Net.Client: deadlines, cancellation, retries, and a server that ends.</summary>
public sealed class GrpcFailureTests(ITestOutputHelper output) : GrpcTest(output)
{
    private static readonly Question Endless = new() { DelayMilliseconds = 60_000, Replies = 1 };

    private static ServiceConfig Retries => new()
    {
        MethodConfigs =
        {
            new MethodConfig
            {
                Names = { MethodName.Default },
                RetryPolicy = new RetryPolicy
                {
                    MaxAttempts = 4,
                    InitialBackoff = TimeSpan.FromMilliseconds(10),
                    MaxBackoff = TimeSpan.FromMilliseconds(50),
                    BackoffMultiplier = 2,
                    RetryableStatusCodes = { StatusCode.Unavailable },
                },
            },
        },
    };

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Deadline_EndsTheCallInTime(bool isBare)
    {
        using GrpcChannel channel = Channel(isBare ? Fleet.MakeBare() : Fleet.MakeHandler());
        long began = Stopwatch.GetTimestamp();

        Func<Task> ask = async () => await Client(channel).AskAsync(Endless, deadline: DateTime.UtcNow.AddMilliseconds(300));

        (await ask.Should().ThrowAsync<RpcException>()).Which.StatusCode.Should().Be(StatusCode.DeadlineExceeded);
        Stopwatch.GetElapsedTime(began).Should().BeLessThan(TimeSpan.FromSeconds(5));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Cancellation_EndsCallAndStream(bool isBare)
    {
        using GrpcChannel channel = Channel(isBare ? Fleet.MakeBare() : Fleet.MakeHandler());
        using CancellationTokenSource cancellation = new();
        using AsyncUnaryCall<Reply> call = Client(channel).AskAsync(Endless, cancellationToken: cancellation.Token);
        using AsyncServerStreamingCall<Reply> stream = Client(channel).Count(Endless, cancellationToken: cancellation.Token);
        Task<bool> next = stream.ResponseStream.MoveNext();

        await cancellation.CancelAsync();

        Func<Task>[] ends = [() => call.ResponseAsync, () => next];
        foreach (Func<Task> end in ends)
        {
            (await end.Should().ThrowAsync<RpcException>()).Which.StatusCode.Should().Be(StatusCode.Cancelled);
        }

        (await GrpcCalls.Ask(Client(channel))).Should().BeOneOf(Fleet.Addresses);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task RetriesOfTheServiceConfig_AreMade(bool isBare)
    {
        using GrpcChannel channel = Channel(isBare ? Fleet.MakeBare() : Fleet.MakeHandler(), Retries);
        string key = Guid.NewGuid().ToString();

        Reply reply = await Client(channel).AskAsync(new Question { Failures = 2, Key = key });

        reply.Address.Should().BeOneOf(Fleet.Addresses);
        StationService.CallsOf(key).Should().Be(3);
    }

    [Fact]
    public async Task RetriesOfTheServiceConfig_FollowFlips()
    {
        using GrpcChannel channel = Channel(Fleet.MakeHandler(), Retries);
        await FlipAsync(async () =>
        {
            Question once = new() { Failures = 1, Key = Guid.NewGuid().ToString() };
            return (await Client(channel).AskAsync(once)).Address;
        });
    }

    [Fact]
    public Task OneOfThreeServersEnds_LosesNoMoreThanTheBareHandler() => KillOneAsync(static (fleet, handler) =>
    {
        GrpcChannel channel = Channel(fleet, handler);
        return () => GrpcCalls.AskSlowly(Client(channel));
    });

    [Fact]
    public async Task OneOfThreeServersEnds_WithRetriesNoCallFails()
    {
        using GrpcChannel channel = Channel(Fleet.MakeHandler(), Retries);
        LoadReport report = await new LightLoad(Fleet, () => GrpcCalls.AskSlowly(Client(channel))).KillOneAsync();
        report.Failures.Should().BeEmpty();
    }
}
