using DnsAwareHttp.EcosystemTests.Rpc;
using Grpc.Core;

namespace DnsAwareHttp.EcosystemTests.Grpc;

/// <summary>One call of each shape. Each returns the address that answered.</summary>
/// <remarks>It throws where a reply is missing or comes from another server.</remarks>
internal static class GrpcCalls
{
    private const int Messages = 5;
    private static readonly Question Slow = new() { Replies = Messages, DelayMilliseconds = 10 };

    public static Func<Task<string>> Named(string shape, Station.StationClient client) => shape switch
    {
        nameof(Ask) => () => Ask(client),
        nameof(Count) => () => Count(client),
        nameof(Gather) => () => Gather(client),
        nameof(Talk) => () => Talk(client),
        _ => throw new ArgumentOutOfRangeException(nameof(shape), shape, "No such shape."),
    };

    public static async Task<string> Ask(Station.StationClient client) => (await client.AskAsync(new Question())).Address;

    /// <summary>A unary call that takes 50 ms.</summary>
    public static async Task<string> AskSlowly(Station.StationClient client) =>
        (await client.AskAsync(new Question { DelayMilliseconds = 50 })).Address;

    public static async Task<string> Count(Station.StationClient client)
    {
        using AsyncServerStreamingCall<Reply> call = client.Count(Slow);
        List<Reply> replies = await call.ResponseStream.ReadAllAsync().ToListAsync();
        return OneAddress(replies);
    }

    public static async Task<string> Gather(Station.StationClient client)
    {
        using AsyncClientStreamingCall<Question, Reply> call = client.Gather();
        for (int i = 0; i < Messages; i++)
        {
            await call.RequestStream.WriteAsync(new Question());
            await Task.Delay(Slow.DelayMilliseconds);
        }

        await call.RequestStream.CompleteAsync();
        Reply reply = await call;
        return reply.Number == Messages ? reply.Address : throw new InvalidDataException($"{reply.Number} of {Messages} messages arrived.");
    }

    public static async Task<string> Talk(Station.StationClient client)
    {
        using AsyncDuplexStreamingCall<Question, Reply> call = client.Talk();
        List<Reply> replies = [];
        for (int i = 0; i < Messages; i++)
        {
            await call.RequestStream.WriteAsync(Slow);
            if (await call.ResponseStream.MoveNext())
            {
                replies.Add(call.ResponseStream.Current);
            }
        }

        await call.RequestStream.CompleteAsync();
        return await call.ResponseStream.MoveNext() ? throw new InvalidDataException("One reply too many.") : OneAddress(replies);
    }

    private static string OneAddress(List<Reply> replies)
    {
        string address = replies[0].Address;
        bool isWhole = replies.Select(reply => reply.Number).SequenceEqual(Enumerable.Range(1, Messages));
        return isWhole && replies.TrueForAll(reply => reply.Address == address)
            ? address
            : throw new InvalidDataException($"Replies are missing or come from several servers: {string.Join("; ", replies)}");
    }
}
