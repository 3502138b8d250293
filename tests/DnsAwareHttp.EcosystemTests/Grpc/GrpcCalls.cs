using DnsAwareHttp.EcosystemTests.Rpc;
using Grpc.Core;

namespace DnsAwareHttp.EcosystemTests.Grpc;

/// <summary>One call of each shape. Each returns the address that answered, and throws where a reply is missing or comes from elsewhere.</summary>
internal static class GrpcCalls
{
    private const int Messages = 5;
    private static readonly Question Slow = new() { Replies = Messages, DelayMilliseconds = 10 };

    public static Func<CancellationToken, Task<string>> Named(string shape, Station.StationClient client) => shape switch
    {
        nameof(Ask) => token => Ask(client, token),
        nameof(Count) => token => Count(client, token),
        nameof(Gather) => token => Gather(client, token),
        nameof(Talk) => token => Talk(client, token),
        _ => throw new ArgumentOutOfRangeException(nameof(shape), shape, "No such shape."),
    };

    public static async Task<string> Ask(Station.StationClient client, CancellationToken token) =>
        (await client.AskAsync(new Question(), cancellationToken: token)).Address;

    public static async Task<string> Count(Station.StationClient client, CancellationToken token)
    {
        using AsyncServerStreamingCall<Reply> call = client.Count(Slow, cancellationToken: token);
        List<Reply> replies = await call.ResponseStream.ReadAllAsync(token).ToListAsync(token);
        return OneAddress(replies);
    }

    public static async Task<string> Gather(Station.StationClient client, CancellationToken token)
    {
        using AsyncClientStreamingCall<Question, Reply> call = client.Gather(cancellationToken: token);
        for (int i = 0; i < Messages; i++)
        {
            await call.RequestStream.WriteAsync(new Question(), token);
            await Task.Delay(Slow.DelayMilliseconds, token);
        }

        await call.RequestStream.CompleteAsync();
        Reply reply = await call;
        return reply.Number == Messages ? reply.Address : throw new InvalidDataException($"{reply.Number} of {Messages} messages arrived.");
    }

    public static async Task<string> Talk(Station.StationClient client, CancellationToken token)
    {
        using AsyncDuplexStreamingCall<Question, Reply> call = client.Talk(cancellationToken: token);
        List<Reply> replies = [];
        for (int i = 0; i < Messages; i++)
        {
            await call.RequestStream.WriteAsync(Slow, token);
            if (await call.ResponseStream.MoveNext(token))
            {
                replies.Add(call.ResponseStream.Current);
            }
        }

        await call.RequestStream.CompleteAsync();
        return await call.ResponseStream.MoveNext(token) ? throw new InvalidDataException("One reply too many.") : OneAddress(replies);
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
