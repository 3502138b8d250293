using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using DnsAwareHttp.Concurrency;

namespace DnsAwareHttp.Sending;

/// <summary>Finds the session that a request belongs to, and the session that a response begins.</summary>
/// <param name="options">Where sessions are named.</param>
/// <param name="cookies">The cookies of the endpoints' handlers; null for no cookies.</param>
internal sealed class SessionReader(SessionAffinityOptions options, CookieContainer? cookies)
{
    // Longer keys are kept as their hash: a server chooses how long a cookie is.
    private const int MaxKeyLength = 128;

    /// <summary>The session of a request; null for no session.</summary>
    public string? KeyOf(HttpRequestMessage request) =>
        request.Options.TryGetValue(DnsAwareHandler.SessionKey, out string? key) && !string.IsNullOrEmpty(key)
            ? Bounded(key)
            : Bounded(Selected(request) ?? OfHeader(request) ?? OfCookie(request) ?? OfQuery(request.RequestUri));

    /// <summary>The session that a response begins; null for no session.</summary>
    public string? KeyOf(HttpResponseMessage response)
    {
        if (options.HeaderName is not null && response.Headers.NonValidated.TryGetValues(options.HeaderName, out HeaderStringValues header))
        {
            return Bounded(header.ToString());
        }

        if (options.CookieName is null || !response.Headers.NonValidated.TryGetValues("Set-Cookie", out HeaderStringValues lines))
        {
            return null;
        }

        string? set = lines.Select(line => ValueOf(line.Split(';')[0])).LastOrDefault(value => value is not null);
        return Bounded(set);
    }

    private string? Selected(HttpRequestMessage request) =>
        options.KeySelector is null
            ? null
            : NullIfEmpty(ApplicationCode.Ask(static ask => ask.Selector(ask.Request), (Selector: options.KeySelector, Request: request)));

    private string? OfHeader(HttpRequestMessage request) =>
        options.HeaderName is not null && request.Headers.NonValidated.TryGetValues(options.HeaderName, out HeaderStringValues values)
            ? NullIfEmpty(values.ToString())
            : null;

    private string? OfCookie(HttpRequestMessage request)
    {
        if (options.CookieName is null)
        {
            return null;
        }

        string? sent = request.Headers.NonValidated.TryGetValues("Cookie", out HeaderStringValues lines)
            ? lines.SelectMany(line => line.Split(';')).Select(ValueOf).FirstOrDefault(value => value is not null)
            : null;
        return sent ?? (request.RequestUri is Uri uri ? NullIfEmpty(cookies?.GetCookies(uri)[options.CookieName]?.Value) : null);
    }

    private string? OfQuery(Uri? uri)
    {
        if (options.QueryParameter is null || uri is not { IsAbsoluteUri: true, Query.Length: > 1 })
        {
            return null;
        }

        foreach (string pair in uri.Query[1..].Split('&'))
        {
            int equals = pair.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0 && equals < pair.Length - 1 && Uri.UnescapeDataString(pair[..equals]) == options.QueryParameter)
            {
                return Uri.UnescapeDataString(pair[(equals + 1)..]);
            }
        }

        return null;
    }

    /// <summary>The value of "name=value" if the name is that of the cookie, and there is a value.</summary>
    private string? ValueOf(string pair)
    {
        int equals = pair.IndexOf('=', StringComparison.Ordinal);
        return equals > 0 && pair[..equals].Trim() == options.CookieName ? NullIfEmpty(pair[(equals + 1)..].Trim()) : null;
    }

    private static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;

    private static string? Bounded(string? key) =>
        string.IsNullOrEmpty(key) ? null
        : key.Length <= MaxKeyLength ? key
        : Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(key)));
}
