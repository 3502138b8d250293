using System.Net;
using DnsAwareHttp.Concurrency;
using DnsAwareHttp.Diagnostics;
using DnsAwareHttp.Endpoints;
using DnsAwareHttp.Pools;

namespace DnsAwareHttp.Sending;

/// <summary>Reports the outcome of each attempt to the outlier detection: good, bad, or neither. Each attempt is reported once.</summary>
/// <param name="scope">The origin.</param>
/// <param name="watch">Ejects outliers.</param>
internal sealed class OutcomeReport(OriginScope scope, OutlierWatch watch)
{
    private readonly OutlierDetectionOptions _options = scope.Options.OutlierDetection;
    private readonly bool _hasDefaultRule = scope.Options.OutlierDetection.HasDefaultRule;

    /// <summary>A response arrived.</summary>
    /// <returns>Whether it is no failure.</returns>
    public bool OnAnswered(EndpointPool pool, HttpResponseMessage response)
    {
        if (_hasDefaultRule && response.StatusCode < HttpStatusCode.MisdirectedRequest)
        {
            // Nearly all responses.
            watch.OnGood(pool);
            return true;
        }

        if (IsFailure(response))
        {
            watch.OnBad(pool, $"{(int)response.StatusCode} ({response.StatusCode})", RetryAfterOf(response));
            return false;
        }

        OnNoFailure(pool, response);
        return true;
    }

    private void OnNoFailure(EndpointPool pool, HttpResponseMessage response)
    {
        if (response.StatusCode is HttpStatusCode.TooManyRequests)
        {
            pool.Outcomes.OnOverload();
        }
        else if (response.StatusCode is HttpStatusCode.MisdirectedRequest)
        {
            pool.Outcomes.OnNeither();
        }
        else
        {
            watch.OnGood(pool);
        }
    }

    /// <summary>An attempt ended without a response.</summary>
    /// <param name="pool">The endpoint.</param>
    /// <param name="outcome">The outcome.</param>
    /// <param name="error">The error.</param>
    /// <param name="isTunnelled">Whether the endpoint is a proxy that passes bytes on: then the error may be that of the server.</param>
    public void OnEnded(EndpointPool pool, AttemptOutcome outcome, Exception error, bool isTunnelled)
    {
        bool isBad = outcome switch
        {
            // A failed connect has its own consequences at once.
            AttemptOutcome.NotConnected => error is HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError },
            AttemptOutcome.Refused => true,

            // A caller that gives up at random does so at all endpoints alike: the comparison with the peers tells that apart.
            AttemptOutcome.Failed => error is OperationCanceledException || (error is HttpRequestException && !isTunnelled),
            _ => false,
        };
        if (isBad && error is OperationCanceledException)
        {
            watch.OnGivenUp(pool);
        }
        else if (isBad)
        {
            watch.OnBad(pool, error.Message);
        }
        else
        {
            pool.Outcomes.OnNeither();
        }
    }

    /// <summary>The request was not sent, and goes elsewhere.</summary>
    public static void OnNotSent(EndpointPool pool) => pool.Outcomes.OnNeither();

    private bool IsFailure(HttpResponseMessage response)
    {
        if (_hasDefaultRule)
        {
            return OutlierDetectionOptions.IsFailureByDefault(response);
        }

        try
        {
            return ApplicationCode.Ask(_options.IsFailure, response);
        }
        catch (Exception exception)
        {
            scope.Logger.IsFailureThrew(scope.Owner.Name, exception);
            return OutlierDetectionOptions.IsFailureByDefault(response);
        }
    }

    private TimeSpan RetryAfterOf(HttpResponseMessage response) =>
        response.Headers.RetryAfter is not { } header ? TimeSpan.Zero
        : header.Delta ?? header.Date - scope.Clock.Provider.GetUtcNow() ?? TimeSpan.Zero;
}
