using System.Net;

namespace DnsAwareHttp.FidelityTests;

/// <summary>Content that is written as a script says, and as long as it says, whether that is true or not.</summary>
/// <param name="write">Writes it.</param>
/// <param name="length">The length that it claims; null for an unknown one.</param>
internal sealed class ScriptedContent(Func<Stream, Task> write, long? length = null) : HttpContent
{
    public ScriptedContent(string text, long? length)
        : this(stream => stream.WriteAsync(System.Text.Encoding.Latin1.GetBytes(text)).AsTask(), length)
    {
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => write(stream);

    protected override bool TryComputeLength(out long claimed)
    {
        claimed = length ?? 0;
        return length is not null;
    }
}
