using System.Diagnostics;
using System.Security.Cryptography;

namespace HostsFlip;

/// <summary>One long response that is read, counted and checked while the hosts file changes.</summary>
internal sealed class Download(HttpClient client, Uri parcel, Stopwatch clock)
{
    private readonly TaskCompletionSource _hasBegun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _bytes;
    private long _length;

    /// <summary>How much of it is here, 0 to 1; null before its headers came.</summary>
    public double? Share => Volatile.Read(ref _length) is > 0 and long length ? (double)Volatile.Read(ref _bytes) / length : null;

    /// <summary>Completes when its headers are here, or when it failed before.</summary>
    public Task HasBegun => _hasBegun.Task;

    public async Task<DownloadRun> RunAsync(CancellationToken cancellationToken)
    {
        await clock.WaitUntilAsync(Schedule.DownloadBegins, cancellationToken);
        DownloadRun run = new() { Begun = clock.Elapsed };
        try
        {
            using HttpResponseMessage response = await client.GetAsync(parcel, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            response.EnsureSuccessStatusCode();
            Volatile.Write(ref _length, response.Content.Headers.ContentLength ?? 0);
            run = run with { Server = response.Server(), Length = _length };
            _hasBegun.TrySetResult();

            string digest = await DigestAsync(response, cancellationToken);
            bool isRight = response.Headers.GetValues(Parcel.DigestHeader).Single() == digest;
            run = isRight ? run with { ChecksumIsRight = true } : run with { Failure = "The checksum is wrong." };
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            run = run with { Failure = failure.GetBaseException().Message };
        }
        finally
        {
            _hasBegun.TrySetResult();
        }

        return run with { Ended = clock.Elapsed, Bytes = _bytes };
    }

    private async Task<string> DigestAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await using Stream body = await response.Content.ReadAsStreamAsync(cancellationToken);
        byte[] buffer = new byte[64 * 1024];
        while (await body.ReadAsync(buffer, cancellationToken) is > 0 and int count)
        {
            hash.AppendData(buffer.AsSpan(0, count));
            Volatile.Write(ref _bytes, _bytes + count);
        }

        return Parcel.DigestOf(hash.GetHashAndReset());
    }
}
