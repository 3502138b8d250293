using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace DnsAwareHttp.DependencyInjection;

/// <summary>
/// Makes a <see cref="SocketsHttpHandler"/> with the settings of an <see cref="HttpClientHandler"/>, whose inner handler is private.
/// </summary>
internal static class HttpClientHandlerCopy
{
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    public static SocketsHttpHandler Make(HttpClientHandler from)
    {
        SocketsHttpHandler copy = new()
        {
            AllowAutoRedirect = from.AllowAutoRedirect,
            AutomaticDecompression = from.AutomaticDecompression,
            CookieContainer = from.CookieContainer,
            Credentials = from.Credentials,
            DefaultProxyCredentials = from.DefaultProxyCredentials,
            MaxAutomaticRedirections = from.MaxAutomaticRedirections,
            MaxConnectionsPerServer = from.MaxConnectionsPerServer,
            MaxResponseHeadersLength = from.MaxResponseHeadersLength,
            MeterFactory = from.MeterFactory,
            PreAuthenticate = from.PreAuthenticate,
            Proxy = from.Proxy,
            UseCookies = from.UseCookies,
            UseProxy = from.UseProxy,
        };
        foreach ((string key, object? value) in from.Properties)
        {
            copy.Properties[key] = value;
        }

        CopySsl(from, copy.SslOptions);
        return copy;
    }

    private static void CopySsl(HttpClientHandler from, SslClientAuthenticationOptions ssl)
    {
        ssl.EnabledSslProtocols = from.SslProtocols;
        ssl.CertificateRevocationCheckMode = from.CheckCertificateRevocationList ? X509RevocationMode.Online : X509RevocationMode.NoCheck;
        if (from.ClientCertificateOptions is ClientCertificateOption.Manual)
        {
            X509CertificateCollection certificates = from.ClientCertificates;
            ssl.ClientCertificates = certificates;
            ssl.LocalCertificateSelectionCallback = (_, _, _, _, _) => FindEligible(certificates.OfType<X509Certificate2>())!;
        }
        else
        {
            ssl.LocalCertificateSelectionCallback = static (_, _, _, _, _) => FindEligibleOfUser()!;
        }

        if (from.ServerCertificateCustomValidationCallback is { } validate)
        {
            ssl.RemoteCertificateValidationCallback = (sender, certificate, chain, errors) =>
                validate(RequestTo(sender), certificate as X509Certificate2, chain, errors);
        }
    }

    // A connection is made for an endpoint, not for one request. The callback gets a request that has the host.
    private static HttpRequestMessage RequestTo(object sender) =>
        sender is SslStream { TargetHostName: { Length: > 0 } host } && Uri.TryCreate($"https://{host}/", UriKind.Absolute, out Uri? uri)
            ? new HttpRequestMessage(HttpMethod.Get, uri)
            : new HttpRequestMessage();

    private static X509Certificate2? FindEligibleOfUser()
    {
        using X509Store store = new(StoreName.My, StoreLocation.CurrentUser);
        store.Open(OpenFlags.OpenExistingOnly);
        return FindEligible(store.Certificates);
    }

    // The choice of HttpClientHandler: the first certificate for clients that has a private key (RFC 5280 sections 4.2.1.3 and 4.2.1.12).
    private static X509Certificate2? FindEligible(IEnumerable<X509Certificate2> certificates) =>
        certificates.FirstOrDefault(static certificate => certificate.HasPrivateKey && certificate.Extensions.All(Allows));

    private static bool Allows(X509Extension extension) => extension switch
    {
        X509EnhancedKeyUsageExtension uses => uses.EnhancedKeyUsages[ClientAuthentication] is not null,
        X509KeyUsageExtension usage => usage.KeyUsages.HasFlag(X509KeyUsageFlags.DigitalSignature),
        _ => true,
    };
}
