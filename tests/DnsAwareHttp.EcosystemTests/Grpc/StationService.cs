using System.Collections.Concurrent;
using DnsAwareHttp.EcosystemTests.Rpc;
using Grpc.Core;

namespace DnsAwareHttp.EcosystemTests.Grpc;

/// <summary>Answers with the address that was asked, in each of the four shapes of a gRPC call.</summary>
public sealed class StationService : Station.StationBase
{
    private static readonly ConcurrentDictionary<string, int> Calls = new();

    /// <summary>How often <see cref="Ask"/> was called with a key, by all servers together.</summary>
    public static int CallsOf(string key) => Calls.GetValueOrDefault(key);

    public override async Task<Reply> Ask(Question request, ServerCallContext context)
    {
        int calls = request.Key.Length == 0 ? 0 : Calls.AddOrUpdate(request.Key, 1, static (_, count) => count + 1);
        await Work(request, context);
        return calls <= request.Failures && request.Failures > 0
            ? throw new RpcException(new Status(StatusCode.Unavailable, "asked to fail"))
            : ReplyOf(context, 1);
    }

    public override async Task Count(Question request, IServerStreamWriter<Reply> responseStream, ServerCallContext context)
    {
        for (int number = 1; number <= request.Replies; number++)
        {
            await Work(request, context);
            await responseStream.WriteAsync(ReplyOf(context, number), context.CancellationToken);
        }
    }

    public override async Task<Reply> Gather(IAsyncStreamReader<Question> requestStream, ServerCallContext context)
    {
        int read = 0;
        while (await requestStream.MoveNext(context.CancellationToken))
        {
            read++;
        }

        return ReplyOf(context, read);
    }

    public override async Task Talk(
        IAsyncStreamReader<Question> requestStream, IServerStreamWriter<Reply> responseStream, ServerCallContext context)
    {
        int number = 0;
        while (await requestStream.MoveNext(context.CancellationToken))
        {
            await Work(requestStream.Current, context);
            await responseStream.WriteAsync(ReplyOf(context, ++number), context.CancellationToken);
        }
    }

    private static Task Work(Question request, ServerCallContext context) =>
        Task.Delay(request.DelayMilliseconds, context.CancellationToken);

    private static Reply ReplyOf(ServerCallContext context, int number) => new()
    {
        Address = context.GetHttpContext().Connection.LocalIpAddress!.ToString(),
        Number = number,
    };
}
