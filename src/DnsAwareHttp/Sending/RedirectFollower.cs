using System.Net;
using System.Net.Sockets;

namespace DnsAwareHttp.Sending;

/// <summary>
/// Follows redirects as <see cref="SocketsHttpHandler"/> does, hop by hop, so that each hop is resolved and dialled as its own host.
/// </summary>
/// <param name="maxRedirections">After this many the redirect itself is returned.</param>
/// <param name="withholdsCredentials">Whether a redirected request is sent without the handler's credentials.</param>
internal sealed class RedirectFollower(int maxRedirections, bool withholdsCredentials)
{
    private static readonly HttpRequestOptionsKey<bool> AnonymousKey = new("DnsAwareHttp.Anonymous");

    // HttpRequestMessage.Options allocates when it is first read. As long as nothing was marked, it is left alone.
    private static volatile bool _anyMarked;

    /// <summary>Whether a response leads elsewhere by the runtime's rules.</summary>
    public static bool IsRedirect(HttpRequestMessage request, HttpResponseMessage response) => Next(request, response) is not null;

    /// <summary>Whether credentials are withheld from a request: from then on, also when the caller sends it once more.</summary>
    public static bool IsAnonymous(HttpRequestMessage request) =>
        _anyMarked && request.Options.TryGetValue(AnonymousKey, out bool isAnonymous) && isAnonymous;

    /// <summary>Sends the request on until a response leads nowhere or there were too many.</summary>
    /// <param name="request">It takes on the URI of each hop, and its method and content where the status says so.</param>
    /// <param name="response">The first redirect.</param>
    /// <param name="sendHop">Sends one hop.</param>
    /// <param name="async">False: the task is complete when the call returns.</param>
    /// <param name="cancellationToken">The request's own token.</param>
    public async Task<HttpResponseMessage> FollowAsync(
        HttpRequestMessage request, HttpResponseMessage response,
        Func<HttpRequestMessage, bool, CancellationToken, Task<HttpResponseMessage>> sendHop, bool async,
        CancellationToken cancellationToken)
    {
        for (int hop = 0; hop < maxRedirections && Next(request, response) is Uri next; hop++)
        {
            // Disposal reads a short rest of the content, so that the connection can be used again.
            response.Dispose();
            Prepare(request, response.StatusCode, next);
            response = await sendHop(request, async, cancellationToken).ConfigureAwait(false);
        }

        return response;
    }

    /// <summary>
    /// The error of a hop that cannot be sent. It has the kind that the runtime reports for a refused connection.
    /// </summary>
    public static Exception LeadsNowhere(Uri next) => next.IdnHost.Length == 0
        ? new UriFormatException($"A redirect leads to {next}, which names no host.")
        : new HttpRequestException(
            HttpRequestError.ConnectionError,
            $"A redirect leads to {next}, which is not the URI of an HTTP server. ({next.IdnHost}:{next.Port})",
            new SocketException((int)SocketError.ConnectionRefused));

    private static Uri? Next(HttpRequestMessage request, HttpResponseMessage response)
    {
        // The statuses of RFC 9110 section 15.4 that name another place for the same thing; 304, 305 and 306 do not.
        if (response.StatusCode is not (HttpStatusCode.MultipleChoices or HttpStatusCode.MovedPermanently or HttpStatusCode.Found
                or HttpStatusCode.SeeOther or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect)
            || response.Headers.Location is not Uri location || request.RequestUri is not Uri current)
        {
            return null;
        }

        Uri next = WithFragment(location.IsAbsoluteUri ? location : new Uri(current, location), current.Fragment);
        return Origin.IsSecureScheme(current.Scheme) && !Origin.IsSecureScheme(next.Scheme) ? null : next;
    }

    // A location without a fragment takes that of the request over (RFC 9110 section 10.2.2).
    private static Uri WithFragment(Uri location, string fragment) =>
        fragment.Length == 0 || location.Fragment.Length > 0 ? location : new UriBuilder(location) { Fragment = fragment }.Uri;

    private void Prepare(HttpRequestMessage request, HttpStatusCode status, Uri next)
    {
        request.Headers.Authorization = null;
        if (withholdsCredentials)
        {
            request.Options.Set(AnonymousKey, true);
            _anyMarked = true;
        }

        request.RequestUri = next;
        if (BecomesGet(request.Method, status))
        {
            request.Method = HttpMethod.Get;
            request.Content = null;
            if (request.Headers.TransferEncodingChunked == true)
            {
                request.Headers.TransferEncodingChunked = false;
            }
        }
    }

    private static bool BecomesGet(HttpMethod method, HttpStatusCode status) => status switch
    {
        HttpStatusCode.MultipleChoices or HttpStatusCode.MovedPermanently or HttpStatusCode.Found => method == HttpMethod.Post,
        HttpStatusCode.SeeOther => method != HttpMethod.Get && method != HttpMethod.Head,
        _ => false,
    };
}
