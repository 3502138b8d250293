namespace DnsAwareHttp.Resolution.Sources;

/// <summary>Looks at a file in the background, once for all who ask meanwhile.</summary>
/// <remarks>
/// A large file takes long to read. No caller's thread waits for it, and a caller that gives up does not end it for others.
/// </remarks>
internal sealed class SharedLook<T>(PolledFile<T> file)
    where T : class
{
    private Task<T>? _look;

    /// <summary>The content where the file is watched; else null.</summary>
    public T? Known => file.Known;

    /// <summary>The content; without waiting where the file is watched.</summary>
    public async ValueTask<T> GetAsync(CancellationToken cancellationToken) =>
        file.Known ?? await Look().WaitAsync(cancellationToken).ConfigureAwait(false);

    // Two that begin at the same moment may both look. The second finds the content of the first.
    private Task<T> Look()
    {
        Task<T>? look = Volatile.Read(ref _look);
        if (look is null || look.IsCompleted)
        {
            Volatile.Write(ref _look, look = Background.Run(() => Task.FromResult(file.Current)));
        }

        return look;
    }
}
