namespace DnsAwareHttp.FidelityTests;

/// <summary>What most cases do: send a request, write down what comes of it.</summary>
internal static class Asking
{
    /// <summary>Sends a GET, or what it is changed into.</summary>
    public static async Task AskAsync(this Trial trial, HttpClient client, string uri, Action<HttpRequestMessage>? change = null)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, uri);
        change?.Invoke(request);
        await trial.SendAsync(client, request);
    }

    /// <summary>The URI with the port of a server in place of the word PORT.</summary>
    public static string AtPortOf(this string uri, RawServer server) => uri.Replace("PORT", $"{server.Port}", StringComparison.Ordinal);

    /// <summary>A change: over HTTP/2, with clear text too.</summary>
    public static void OverHttp2(HttpRequestMessage request)
    {
        request.Version = new Version(2, 0);
        request.VersionPolicy = HttpVersionPolicy.RequestVersionExact;
    }

    /// <summary>A change: with a Cookie header of the caller's.</summary>
    public static Action<HttpRequestMessage> WithCookie(string cookie) => request => request.Headers.Add("Cookie", cookie);

    /// <summary>A change: a POST of this content.</summary>
    public static Action<HttpRequestMessage> Posting(HttpContent content) => request =>
    {
        request.Method = HttpMethod.Post;
        request.Content = content;
    };
}
