namespace Convergence.Contenders;

/// <summary>An <see cref="HttpClient"/> over a handler that lives as long as itself.</summary>
internal sealed class HttpAsker(HttpMessageHandler handler, Service service) : IAsker
{
    private readonly HttpClient _client = new(handler) { BaseAddress = service.Address, Timeout = Service.Patience };

    public Task<string> AskAsync() => _client.GetStringAsync("whoami");

    public ValueTask DisposeAsync()
    {
        _client.Dispose();
        return ValueTask.CompletedTask;
    }
}
