using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace DnsAwareHttp.Handlers;

/// <summary>
/// Makes the runtime report a request that failed before any endpoint had it: its metrics, activities and events tell of a connection that
/// failed.
/// </summary>
/// <remarks>
/// One handler serves all failures of an origin. It cannot connect: each connect fails with the failure of its request.
/// </remarks>
internal sealed class FailureReporter
{
    private readonly ConcurrentDictionary<HttpRequestMessage, Report> _reports = new();
    private readonly Lazy<HandlerInvoker> _handler;

    /// <param name="template">The settings of the reporting handler.</param>
    /// <param name="proxy">The proxy of the requests; null for no proxy.</param>
    public FailureReporter(HandlerTemplate template, IWebProxy? proxy) =>
        _handler = new Lazy<HandlerInvoker>(() => new HandlerInvoker(template.Make(FailAsync, proxy, authenticate: false)));

    /// <summary>Sends a request through the handler that cannot connect. Never fails.</summary>
    /// <param name="request">The request; nothing of it is sent.</param>
    /// <param name="failure">Why it failed. A cancellation is reported as one.</param>
    /// <param name="async">False: the report is complete when the call returns.</param>
    public async Task ReportAsync(HttpRequestMessage request, Exception failure, bool async)
    {
        using CancellationTokenSource givingUp = new();
        _reports[request] = new Report(failure, givingUp);
        try
        {
            using HttpResponseMessage response = await _handler.Value.InvokeAsync(request, async, givingUp.Token).ConfigureAwait(false);
        }
        catch (Exception)
        {
            // This failure is the report. The caller gets the original failure.
        }
        finally
        {
            _reports.TryRemove(request, out _);
        }
    }

    private ValueTask<Stream> FailAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken) =>
        ValueTask.FromException<Stream>(
            _reports.TryGetValue(context.InitialRequestMessage, out Report? report)
                ? report.ForRuntime()
                : new SocketException((int)SocketError.TryAgain));

    private sealed record Report(Exception Failure, CancellationTokenSource GivingUp)
    {
        public Exception ForRuntime()
        {
            if (Failure is OperationCanceledException)
            {
                GivingUp.Cancel();
                return Failure;
            }

            return Failure.InnerException as SocketException ?? new SocketException((int)SocketError.TryAgain, Failure.Message);
        }
    }
}
