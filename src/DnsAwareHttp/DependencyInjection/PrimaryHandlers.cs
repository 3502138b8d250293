using Microsoft.Extensions.Http;

namespace DnsAwareHttp.DependencyInjection;

/// <summary>Knows which primary handlers can be wrapped, and makes the errors for the others.</summary>
internal static class PrimaryHandlers
{
    /// <summary>
    /// The handler to wrap; null when the primary handler is neither a <see cref="SocketsHttpHandler"/> nor has the settings of one.
    /// </summary>
    /// <remarks>A class derived from <see cref="HttpClientHandler"/> is not copied, because its own code would be lost.</remarks>
    public static SocketsHttpHandler? FindWrappable(HttpMessageHandler primary) =>
        primary as SocketsHttpHandler
        ?? (primary.GetType() == typeof(HttpClientHandler) ? HttpClientHandlerCopy.Make((HttpClientHandler)primary) : null);

    public static InvalidOperationException Refused(string client, HttpMessageHandler primary) => new(
        primary is DnsAwareHandler
            ? $"The HTTP client \"{client}\" has a {nameof(DnsAwareHandler)} as primary handler, "
                + "so it follows DNS without AddDnsAwareHandler(): leave out one of the two."
            : $"The HTTP client \"{client}\" has a primary handler of type {primary.GetType()}, "
                + "but AddDnsAwareHandler needs a SocketsHttpHandler, whose settings its pools get. Call UseSocketsHttpHandler() on the "
                + "client's builder, or ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler { … }); "
                + "or RemoveDnsAwareHandler(), if this client is not to follow DNS.");

    /// <exception cref="InvalidOperationException">
    /// A <see cref="DnsAwareHandler"/> was added as an additional handler. The factory's own message would not help.
    /// </exception>
    public static void ThrowIfAdditional(HttpMessageHandlerBuilder builder)
    {
        if (builder.AdditionalHandlers.Any(static handler => handler is DnsAwareHandler))
        {
            throw new InvalidOperationException(
                $"A {nameof(DnsAwareHandler)} was added to the HTTP client \"{builder.Name}\" by AddHttpMessageHandler(), "
                + "but it takes the place of the primary handler. Call AddDnsAwareHandler() on the client's builder instead.");
        }
    }
}
