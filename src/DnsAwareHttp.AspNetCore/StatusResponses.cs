using System.Text;
using System.Text.Json;
using DnsAwareHttp.AspNetCore.Page;
using Microsoft.AspNetCore.Http;

namespace DnsAwareHttp.AspNetCore;

/// <summary>Writes the page and the JSON.</summary>
internal static class StatusResponses
{
    /// <summary>The page as it is now.</summary>
    public static Task WritePageAsync(HttpContext context, LiveStatus live)
    {
        ProtectAgainstOthers(context.Response);
        context.Response.ContentType = "text/html; charset=utf-8";
        context.Response.Headers.ContentSecurityPolicy = PageFrame.ContentSecurityPolicy;
        string self = $"{context.Request.PathBase}{context.Request.Path}".TrimEnd('/');
        return context.Response.WriteAsync(PageFrame.Around(live.Render(), self), Encoding.UTF8, context.RequestAborted);
    }

    /// <summary>The snapshots of all handlers by name.</summary>
    public static async Task WriteJsonAsync(HttpContext context, StatusSource source)
    {
        ProtectAgainstOthers(context.Response);
        context.Response.ContentType = "application/json; charset=utf-8";
        using Utf8JsonWriter writer = new(context.Response.BodyWriter);
        writer.WriteStartObject();
        writer.WriteStartObject("handlers");
        foreach ((string name, DnsAwareSnapshot snapshot) in source.Read())
        {
            writer.WritePropertyName(name);
            snapshot.WriteTo(writer);
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
        await writer.FlushAsync(context.RequestAborted).ConfigureAwait(false);
    }

    /// <summary>What is told is of this moment, and for this caller.</summary>
    public static void ProtectAgainstOthers(HttpResponse response)
    {
        response.Headers.CacheControl = "no-store";
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers["Referrer-Policy"] = "no-referrer";
    }
}
