namespace DnsAwareHttp.Tests.Fakes;

/// <summary>A resolver that does what one test needs.</summary>
public sealed class CustomResolver(Func<string, CancellationToken, ValueTask<Answer>> resolve) : INameResolver
{
    public ValueTask<Answer> ResolveAsync(string host, CancellationToken cancellationToken) => resolve(host, cancellationToken);
}
