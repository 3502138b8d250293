using System.Buffers;
using System.Text.Json;
using DnsAwareHttp.AspNetCore.Page;
using Microsoft.AspNetCore.Http;

namespace DnsAwareHttp.AspNetCore;

/// <summary>
/// The page's live updates, as server-sent events: the sections that changed, twice a second at most. A stream ends when its reader goes or
/// the application stops.
/// </summary>
internal sealed class StatusEvents(LiveStatus live, TimeProvider time, CancellationToken stopping)
{
    /// <summary>The most streams at one time. A page that gets none loads itself again every few seconds.</summary>
    public const int MaxStreams = 16;

    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(15);

    private int _streams;

    public async Task WriteAsync(HttpContext context)
    {
        if (Interlocked.Increment(ref _streams) > MaxStreams)
        {
            Interlocked.Decrement(ref _streams);
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            context.Response.Headers.RetryAfter = "5";
            return;
        }

        try
        {
            using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(stopping, context.RequestAborted);
            await WriteAsync(context.Response, end.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The reader went, or the application stops.
        }
        finally
        {
            Interlocked.Decrement(ref _streams);
        }
    }

    private async Task WriteAsync(HttpResponse response, CancellationToken cancellationToken)
    {
        StatusResponses.ProtectAgainstOthers(response);
        response.ContentType = "text/event-stream";
        response.Headers["X-Accel-Buffering"] = "no";
        Dictionary<string, string> sent = new(StringComparer.Ordinal);
        long lastWrite = time.GetTimestamp();
        using PeriodicTimer ticks = new(LiveStatus.Interval, time);
        do
        {
            byte[]? update = UpdateSince(sent, live.Render());
            if (update is null && time.GetElapsedTime(lastWrite) >= KeepAlive)
            {
                update = ": still here\n\n"u8.ToArray();
            }

            if (update is not null)
            {
                await response.Body.WriteAsync(update, cancellationToken).ConfigureAwait(false);
                await response.Body.FlushAsync(cancellationToken).ConfigureAwait(false);
                lastWrite = time.GetTimestamp();
            }
        }
        while (await ticks.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false));
    }

    /// <summary>One event with the order of all sections, and the text of those that changed; null if no section did.</summary>
    private static byte[]? UpdateSince(Dictionary<string, string> sent, IReadOnlyList<Section> sections)
    {
        Section[] changed = [.. sections.Where(section => !sent.TryGetValue(section.Id, out string? before) || before != section.Html)];
        if (changed.Length == 0 && sent.Count == sections.Count)
        {
            return null;
        }

        sent.Clear();
        foreach (Section section in sections)
        {
            sent[section.Id] = section.Html;
        }

        ArrayBufferWriter<byte> buffer = new();
        buffer.Write("data: "u8);
        using (Utf8JsonWriter json = new(buffer))
        {
            json.WriteStartObject();
            json.WriteStartArray("ids");
            foreach (Section section in sections)
            {
                json.WriteStringValue(section.Id);
            }

            json.WriteEndArray();
            json.WriteStartObject("html");
            foreach (Section section in changed)
            {
                json.WriteString(section.Id, section.Html);
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        buffer.Write("\n\n"u8);
        return buffer.WrittenSpan.ToArray();
    }
}
