using DnsAwareHttp.Pools;

namespace DnsAwareHttp.Sending;

/// <summary>The first attempt of a request, begun at an endpoint that was connected. Nearly always it is the only one.</summary>
/// <param name="Sender">Sends the request on, if it goes on.</param>
/// <param name="Request">The request.</param>
/// <param name="Redirects">Follows the response if it is a redirect; null: the redirect is returned as it is.</param>
/// <param name="Lease">The stay of the request inside the endpoint. It ends once, with the attempt.</param>
/// <param name="Sending">The attempt itself.</param>
/// <param name="CancellationToken">The request's own token.</param>
internal readonly record struct FirstAttempt(
    RequestSender Sender, HttpRequestMessage Request, RedirectFollower? Redirects, GateLease Lease, Task<HttpResponseMessage> Sending,
    CancellationToken CancellationToken)
{
    /// <summary>The outcome of the request: that of the attempt, if the request does not go on.</summary>
    public Task<HttpResponseMessage> WhenEnded() =>
        Sending.IsCompleted ? Sender.GoOn(this) ?? Sending : AwaitedAttempt.Await(this);
}
