namespace Connecting.Clients;

/// <summary>Whom a client asks, and how long it waits.</summary>
/// <param name="Protocol">How they speak.</param>
/// <param name="Port">The port of all its addresses.</param>
/// <param name="Patience">The timeout of each request.</param>
internal sealed record Service(Protocol Protocol, int Port, TimeSpan Patience)
{
    /// <summary>What is asked for: something that answers with the address that was asked.</summary>
    public string Path { get; init; } = "/whoami";
}
