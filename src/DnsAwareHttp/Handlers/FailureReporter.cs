using System.Net;
using System.Net.Sockets;

namespace DnsAwareHttp.Pools;

/// <summary>Has the runtime report a request that failed before any endpoint had it: in its metrics, its activities and its events, as a connection that could not be made.</summary>
/// <param name="template">What the reporting handlers are made from.</param>
/// <param name="proxy">The proxy that the requests were to take, or null for none.</param>
internal sealed class FailureReporter(HandlerTemplate template, IWebProxy? proxy)
{
    /// <summary>Sends the request through a handler of its own that cannot connect. Never fails.</summary>
    /// <param name="request">The request; nothing of it is sent.</param>
    /// <param name="failure">Why it failed. A cancellation is reported as one.</param>
    /// <param name="async">False to be done when the call returns.</param>
    public async Task ReportAsync(HttpRequestMessage request, Exception failure, bool async)
    {
        using CancellationTokenSource givingUp = new();
        using Entrance entrance = new(template.Make((_, _) => ValueTask.FromException<Stream>(Fail(failure, givingUp)), proxy, authenticate: false));
        try
        {
            Task<HttpResponseMessage> sending = async ? entrance.PassAsync(request, givingUp.Token) : entrance.Pass(request, givingUp.Token);
            (await sending.ConfigureAwait(false)).Dispose();
        }
        catch (Exception)
        {
            // It was to fail. What the caller gets is the failure itself.
        }
    }

    private static Exception Fail(Exception failure, CancellationTokenSource givingUp)
    {
        if (failure is OperationCanceledException)
        {
            givingUp.Cancel();
            return failure;
        }

        return failure.InnerException as SocketException ?? new SocketException((int)SocketError.TryAgain, failure.Message);
    }
}
