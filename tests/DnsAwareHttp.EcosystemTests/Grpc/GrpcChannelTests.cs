using DnsAwareHttp.EcosystemTests.Harness;
using Grpc.Core;
using Grpc.Net.Client;
using Xunit.Abstractions;

namespace DnsAwareHttp.EcosystemTests.Grpc;

/// <summary>Grpc.Net.Client: each shape of call while DNS flips, over handlers that are fresh and that were used.</summary>
public sealed class GrpcChannelTests(ITestOutputHelper output) : GrpcTest(output)
{
    [Theory]
    [InlineData(nameof(GrpcCalls.Ask))]
    [InlineData(nameof(GrpcCalls.Count))]
    [InlineData(nameof(GrpcCalls.Gather))]
    [InlineData(nameof(GrpcCalls.Talk))]
    public async Task EachShapeOfCall_FollowsFlips(string shape)
    {
        using GrpcChannel channel = Channel(Fleet.MakeHandler());
        await FlipAsync(GrpcCalls.Named(shape, Client(channel)));
    }

    [Fact]
    public async Task HandlerThatWasUsed_MakesAChannelThatFollowsFlips()
    {
        using DnsAwareHandler handler = Fleet.MakeHandler();
        using (GrpcChannel before = Channel(handler))
        {
            await GrpcCalls.Ask(Client(before));
        }

        using GrpcChannel channel = Channel(handler);
        await FlipAsync(() => GrpcCalls.Ask(Client(channel)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task SchemeDns_IsRefusedByGrpcItself(bool isUsed)
    {
        using DnsAwareHandler handler = Fleet.MakeHandler();
        if (isUsed)
        {
            using GrpcChannel before = Channel(handler);
            await GrpcCalls.Ask(Client(before));
        }

        Action make = () => GrpcChannel.ForAddress(
            $"dns:///{Fleet.Host}:{Fleet.Port}",
            new GrpcChannelOptions { HttpHandler = handler, Credentials = ChannelCredentials.Insecure });

        InvalidOperationException refusal = make.Should().Throw<InvalidOperationException>().Which;
        refusal.Source.Should().Be("Grpc.Net.Client");
        refusal.Message.Should().Contain("doesn't support client-side load balancing");
    }

    [Fact]
    public async Task ConnectivityOfTheChannel_IsRefusedByGrpcItself()
    {
        using GrpcChannel channel = Channel(Fleet.MakeHandler());

        Func<Task> connect = () => channel.ConnectAsync();

        (await connect.Should().ThrowAsync<InvalidOperationException>()).Which.Source.Should().Be("Grpc.Net.Client");
        (await GrpcCalls.Ask(Client(channel))).Should().BeOneOf(Fleet.Addresses);
    }
}
