using System.Text;
using Grpc.Core;
using Grpc.Net.Client;

namespace Convergence.Contenders;

/// <summary>Unary calls over a channel of Grpc.Net.Client.</summary>
internal sealed class GrpcAsker(GrpcChannel channel, IAsyncDisposable? more = null) : IAsker
{
    private static readonly Marshaller<string> Text = Marshallers.Create(Encoding.UTF8.GetBytes, Encoding.UTF8.GetString);
    private static readonly Method<string, string> WhoAmI = new(MethodType.Unary, "svc", "WhoAmI", Text, Text);

    private readonly CallInvoker _calls = channel.CreateCallInvoker();

    public async Task<string> AskAsync()
    {
        using AsyncUnaryCall<string> call = _calls.AsyncUnaryCall(WhoAmI, null, new CallOptions(deadline: DateTime.UtcNow + Service.Patience), "");
        return await call;
    }

    public ValueTask DisposeAsync()
    {
        channel.Dispose();
        return more?.DisposeAsync() ?? ValueTask.CompletedTask;
    }
}
