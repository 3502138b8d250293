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
        Report report = new(failure, givingUp);
        _reports[request] = report;
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
            report.Over.TrySetResult();
        }
    }

    private async ValueTask<Stream> FailAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        if (!_reports.TryGetValue(context.InitialRequestMessage, out Report? report))
        {
            throw new SocketException((int)SocketError.TryAgain);
        }

        if (report.Failure is OperationCanceledException)
        {
            // The request may not wait for this connect yet. If the connect failed first, the report would tell of that failure.
            await report.GivingUp.CancelAsync().ConfigureAwait(false);
            await report.Over.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        throw report.ForRuntime();
    }

    private sealed record Report(Exception Failure, CancellationTokenSource GivingUp)
    {
        public TaskCompletionSource Over { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Exception ForRuntime() => Failure is OperationCanceledException
            ? Failure
            : Failure.InnerException as SocketException ?? new SocketException((int)SocketError.TryAgain, Failure.Message);
    }
}
