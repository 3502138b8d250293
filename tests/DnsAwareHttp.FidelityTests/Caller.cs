using System.Net;

namespace DnsAwareHttp.FidelityTests;

/// <summary>An application that sends requests in one of several ways, and writes down what comes of each: also how a failure is told.</summary>
internal sealed class Caller : IDisposable
{
    private readonly Trial _trial;
    private readonly SendWay _way;
    private readonly HttpMessageInvoker _invoker;

    public Caller(Trial trial, SendWay way, SocketsHttpHandler? settings = null)
        : this(trial, way, trial.Handler(settings))
    {
    }

    public Caller(Trial trial, SendWay way, HttpMessageHandler handler)
    {
        _trial = trial;
        _way = way;
        _invoker = way is SendWay.Invoker or SendWay.InvokerSync
            ? new HttpMessageInvoker(handler, disposeHandler: true)
            : new HttpClient(handler, disposeHandler: true) { Timeout = Timeout.InfiniteTimeSpan };
    }

    public HttpClient Client => (HttpClient)_invoker;

    public bool IsSync => _way is SendWay.ClientSync or SendWay.InvokerSync;

    /// <summary>The version of requests that this way can carry.</summary>
    public static HttpRequestMessage Get(string uri, Version? version = null) =>
        new(HttpMethod.Get, uri) { Version = version ?? HttpVersion.Version11, VersionPolicy = HttpVersionPolicy.RequestVersionExact };

    /// <summary>Sends a request and writes down the response and its content, or the failure.</summary>
    public async Task SendAsync(HttpRequestMessage request, CancellationToken cancellationToken = default)
    {
        using HttpResponseMessage? response = await TrySendAsync(request, cancellationToken);
        if (response is not null)
        {
            await _trial.Transcript.WriteAsync(response, IsSync ? static content => OnThread(() => Read(content)) : null);
        }
    }

    /// <summary>Sends a GET and writes down the response and its content, or the failure.</summary>
    public async Task GetAsync(string uri, CancellationToken cancellationToken = default)
    {
        using HttpRequestMessage request = Get(uri);
        await SendAsync(request, cancellationToken);
    }

    /// <summary>Sends a request; null when that failed, which was written down.</summary>
    public async Task<HttpResponseMessage?> TrySendAsync(HttpRequestMessage request, CancellationToken cancellationToken = default)
    {
        string told = "thrown by the call";
        try
        {
            Task<HttpResponseMessage> sending = IsSync ? OnThread(() => Send(request, cancellationToken)) : Begin(request, cancellationToken);
            told = IsSync ? told : "told by the task";
            return await sending.ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            _trial.Transcript.Write(told);
            Write(failure, cancellationToken);
            return null;
        }
    }

    /// <summary>A failure, and whose cancellation it is.</summary>
    public void Write(Exception failure, CancellationToken cancellationToken)
    {
        _trial.Transcript.Write(failure, IsOfClosedConnection);
        if (failure is OperationCanceledException cancelled)
        {
            string whose = cancelled.CancellationToken == cancellationToken ? "the caller's" : cancelled.CancellationToken == default ? "none" : "another";
            _trial.Transcript.Write($"token: {whose}, {(cancelled.CancellationToken.IsCancellationRequested ? "cancelled" : "not cancelled")}");
        }
    }

    public void Dispose() => _invoker.Dispose();

    // The runtime closes the connection of a cancelled request under whoever reads or writes: what that one is told is a matter of chance.
    private static bool IsOfClosedConnection(Exception outer, Exception inner) =>
        outer is OperationCanceledException && inner is IOException or ObjectDisposedException;

    /// <summary>Runs something on a thread of its own, as an application without tasks does.</summary>
    public static Task<T> OnThread<T>(Func<T> work) => Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private Task<HttpResponseMessage> Begin(HttpRequestMessage request, CancellationToken cancellationToken) => _way switch
    {
        SendWay.Client => Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken),
        SendWay.ClientBuffered => Client.SendAsync(request, HttpCompletionOption.ResponseContentRead, cancellationToken),
        _ => _invoker.SendAsync(request, cancellationToken),
    };

    private HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken) => _way switch
    {
        SendWay.ClientSync => Client.Send(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken),
        _ => _invoker.Send(request, cancellationToken),
    };

    private static byte[] Read(HttpContent content)
    {
        using MemoryStream bytes = new();
        using Stream stream = content.ReadAsStream();
        byte[] buffer = new byte[1000];
        for (int read = stream.Read(buffer, 0, buffer.Length); read > 0; read = stream.Read(buffer, 0, buffer.Length))
        {
            bytes.Write(buffer, 0, read);
        }

        return bytes.ToArray();
    }
}
