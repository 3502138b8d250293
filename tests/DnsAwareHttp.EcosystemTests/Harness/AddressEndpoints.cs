using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace DnsAwareHttp.EcosystemTests.Harness;

/// <summary>Endpoints that answer with the address that was asked.</summary>
internal static class AddressEndpoints
{
    /// <summary>Time that a slow answer takes: long enough to be under way when a server ends.</summary>
    private static readonly TimeSpan Slowness = TimeSpan.FromMilliseconds(50);

    public static void MapAddresses(this WebApplication app)
    {
        app.MapGet("/address", AddressOf);
        app.MapGet("/slow", async (HttpContext context) =>
        {
            await Task.Delay(Slowness, context.RequestAborted);
            return AddressOf(context);
        });
        app.MapGet("/json", (HttpContext context) => Results.Json(new AddressDocument(AddressOf(context))));
        app.MapGet("/slow-json", async (HttpContext context) =>
        {
            await Task.Delay(Slowness, context.RequestAborted);
            return Results.Json(new AddressDocument(AddressOf(context)));
        });
    }

    public static string AddressOf(HttpContext context) => context.Connection.LocalIpAddress!.ToString();
}
