using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;

namespace HostsFlip;

/// <summary>A long response: sent slowly, its length and SHA-256 told in advance. Its end is sent only after the flip.</summary>
internal static class Parcel
{
    /// <summary>RFC 9530 section 3, with the one digest <c>sha-256=:…:</c>.</summary>
    public const string DigestHeader = "Repr-Digest";

    private const int PieceLength = 64 * 1024;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private static readonly byte[] Content = RandomNumberGenerator.GetBytes((int)(Schedule.DownloadLasts / Pause) * PieceLength);
    private static readonly int HeldFrom = Content.Length / PieceLength * 3 / 4 * PieceLength;
    private static readonly string Digest = DigestOf(SHA256.HashData(Content));

    public static string DigestOf(ReadOnlySpan<byte> hash) => $"sha-256=:{Convert.ToBase64String(hash)}:";

    public static async Task ServeAsync(HttpContext context, Task flipped)
    {
        context.Response.ContentType = "application/octet-stream";
        context.Response.ContentLength = Content.Length;
        context.Response.Headers[DigestHeader] = Digest;

        using PeriodicTimer timer = new(Pause);
        for (int at = 0; at < Content.Length; at += PieceLength)
        {
            if (at >= HeldFrom)
            {
                await flipped.WaitAsync(context.RequestAborted);
            }

            await context.Response.Body.WriteAsync(Content.AsMemory(at, PieceLength), context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            await timer.WaitForNextTickAsync(context.RequestAborted);
        }
    }
}
