namespace DnsAwareHttp.Origins;

/// <summary>Provisional.</summary>
internal sealed class RedirectFollower(int maxRedirections, IReadOnlyCollection<string> propagatedHeaders)
{
    public bool IsRedirect(HttpRequestMessage request, HttpResponseMessage response, out Uri? next)
    {
        _ = (maxRedirections, propagatedHeaders);
        next = null;
        return false;
    }

    public Task<HttpResponseMessage> FollowAsync(HttpRequestMessage request, HttpResponseMessage response, Func<HttpRequestMessage, bool, CancellationToken, Task<HttpResponseMessage>> sendHop, bool async, CancellationToken cancellationToken) =>
        Task.FromResult(propagatedHeaders is null ? new HttpResponseMessage() : response);
}
