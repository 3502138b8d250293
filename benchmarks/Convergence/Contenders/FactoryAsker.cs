namespace Convergence.Contenders;

/// <summary>A client of <see cref="IHttpClientFactory"/>, asked of it for each request.</summary>
internal sealed class FactoryAsker : IAsker
{
    private readonly ServiceProvider _provider;
    private readonly IHttpClientFactory _clients;

    public FactoryAsker(Service service, Action<IServiceCollection, IHttpClientBuilder> configure)
    {
        ServiceCollection services = new();
        IHttpClientBuilder client = services.AddHttpClient("svc", client =>
        {
            client.BaseAddress = service.Address;
            client.Timeout = Service.Patience;
        });
        client.UseSocketsHttpHandler((handler, _) =>
        {
            handler.UseProxy = false;
            handler.SslOptions.RemoteCertificateValidationCallback = (_, _, _, _) => true;
        });
        configure(services, client);
        _provider = services.BuildServiceProvider();
        _clients = _provider.GetRequiredService<IHttpClientFactory>();
    }

    public Task<string> AskAsync() => _clients.CreateClient("svc").GetStringAsync("whoami");

    public ValueTask DisposeAsync() => _provider.DisposeAsync();
}
