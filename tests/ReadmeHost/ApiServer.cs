using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace ReadmeHost;

/// <summary>The server https://api.example.com/ on this machine, with a certificate of its own.</summary>
internal sealed class ApiServer(WebApplication application) : IAsyncDisposable
{
    public const string Body = "hello from api.example.com";

    private const string Host = "api.example.com";

    /// <param name="certificateFile">Gets the certificate, for the clients to trust.</param>
    public static async Task<ApiServer> StartAsync(string certificateFile)
    {
        using X509Certificate2 certificate = MakeCertificate();
        await File.WriteAllTextAsync(certificateFile, certificate.ExportCertificatePem());
        X509Certificate2 served = X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), password: null);

        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration()
            .ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 443, listen => listen.UseHttps(served)));
        WebApplication application = builder.Build();
        application.Run(context => context.Response.WriteAsync(context.Request.Host.Host == Host ? Body : "the wrong host"));
        await application.StartAsync();
        return new ApiServer(application);
    }

    public ValueTask DisposeAsync() => application.DisposeAsync();

    private static X509Certificate2 MakeCertificate()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new($"CN={Host}", key, HashAlgorithmName.SHA256);
        SubjectAlternativeNameBuilder names = new();
        names.AddDnsName(Host);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }
}
