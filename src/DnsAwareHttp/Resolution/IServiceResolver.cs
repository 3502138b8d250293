namespace DnsAwareHttp.Resolution;

/// <summary>A resolver that can be asked where a service is (SRV, RFC 2782).</summary>
internal interface IServiceResolver
{
    /// <summary>Asks once, without caching. What is found has no addresses but <see cref="Answer.Found.Targets"/>; none of these: the service is decidedly not available.</summary>
    /// <param name="service">The name of the service, such as <c>_http._tcp.orders.example.com</c>.</param>
    /// <param name="cancellationToken">As with <see cref="INameResolver.ResolveAsync"/>.</param>
    ValueTask<Answer> ResolveServiceAsync(string service, CancellationToken cancellationToken);
}
