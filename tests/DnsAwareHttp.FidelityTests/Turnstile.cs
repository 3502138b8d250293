namespace DnsAwareHttp.FidelityTests;

/// <summary>Opens when so many have arrived, and stays open.</summary>
internal sealed class Turnstile(int count)
{
    private readonly TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _arrived;

    /// <summary>Ends when it opens; fails when it never does.</summary>
    public Task Opened => _opened.Task.WaitAsync(TimeSpan.FromSeconds(30));

    public void Arrive()
    {
        if (Interlocked.Increment(ref _arrived) == count)
        {
            _opened.SetResult();
        }
    }

    public Task PassAsync()
    {
        Arrive();
        return Opened;
    }
}
