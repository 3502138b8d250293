using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace DnsAwareHttp.Pools;

/// <summary>
/// The dials inside the runtime's pool that take long. Their requests go to other endpoints, and the dials go on for later requests.
/// </summary>
/// <remarks>
/// A request in the runtime's queue gets the first connection that is free. Only the runtime can take it out of the queue safely: it does
/// so when its connect fails. So the connect fails although the dial goes on. A request that got another connection meanwhile does not
/// notice. Nothing is sent twice.
/// </remarks>
/// <param name="delay">The time after which a dial takes long.</param>
/// <param name="time">The clock.</param>
internal sealed class LateDials(TimeSpan delay, TimeProvider time)
{
    private static readonly object Mark = new();

    private readonly ConditionalWeakTable<HttpRequestMessage, object> _staying = [];
    private volatile bool _haveCompany;
    private int _late;

    /// <summary>Whether there are other endpoints.</summary>
    public bool HaveCompany
    {
        get => _haveCompany;
        set => _haveCompany = value;
    }

    /// <summary>Whether a dial takes long now.</summary>
    public bool Any => Volatile.Read(ref _late) > 0;

    /// <summary>The request has been elsewhere: here it waits for its dial from now on, however long that takes.</summary>
    public void KeepHere(HttpRequestMessage request) => _staying.AddOrUpdate(request, Mark);

    /// <summary>Awaits the dial of a request.</summary>
    /// <param name="request">The request that asks for the connection.</param>
    /// <param name="dial">Begins the dial.</param>
    /// <param name="keep">Keeps the socket of a dial that takes long.</param>
    /// <exception cref="LateDialException">The dial takes long, and the request may go to another endpoint.</exception>
    public async ValueTask<Socket> AwaitAsync(HttpRequestMessage request, Func<Task<Socket>> dial, Action<Task<Socket>> keep)
    {
        if (!_haveCompany || delay == Timeout.InfiniteTimeSpan || _staying.TryGetValue(request, out _))
        {
            return await dial().ConfigureAwait(false);
        }

        if (Any)
        {
            throw new LateDialException();
        }

        Task<Socket> dialling = dial();
        try
        {
            return await dialling.WaitAsync(delay, time).ConfigureAwait(false);
        }
        catch (TimeoutException) when (!dialling.IsCompleted)
        {
            Interlocked.Increment(ref _late);
            keep(EndAsync(dialling));
            throw new LateDialException();
        }
    }

    private async Task<Socket> EndAsync(Task<Socket> dialling)
    {
        try
        {
            return await dialling.ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Decrement(ref _late);
        }
    }
}

/// <summary>A connect takes long, and the request may go to another endpoint. The dial goes on.</summary>
internal sealed class LateDialException() : SocketException((int)SocketError.TimedOut)
{
    /// <summary>Whether this is the cause of a request's failure.</summary>
    public static bool IsCauseOf(Exception error) => error is HttpRequestException { InnerException: LateDialException };
}
