using Grpc.Core;
using WebApi.Rpc;

namespace WebApi;

/// <summary>The gRPC service of the backends.</summary>
internal sealed class PricesService : Prices.PricesBase
{
    public override Task<PriceReply> Get(PriceRequest request, ServerCallContext context) => Task.FromResult(new PriceReply
    {
        Cents = 100 * request.Article.Length,
        Server = context.GetHttpContext().Connection.LocalIpAddress!.ToString(),
    });
}
