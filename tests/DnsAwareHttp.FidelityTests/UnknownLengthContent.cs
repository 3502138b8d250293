using System.Net;
using System.Text;

namespace DnsAwareHttp.FidelityTests;

/// <summary>Content that does not tell its length before it is sent.</summary>
internal sealed class UnknownLengthContent(string text) : HttpContent
{
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => stream.WriteAsync(Encoding.UTF8.GetBytes(text)).AsTask();

    protected override void SerializeToStream(Stream stream, TransportContext? context, CancellationToken cancellationToken) =>
        stream.Write(Encoding.UTF8.GetBytes(text));

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
