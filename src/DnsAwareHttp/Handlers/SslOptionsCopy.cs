using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace DnsAwareHttp.Handlers;

/// <summary>Copies TLS settings, so that a change to the original does not reach a pool that is running.</summary>
internal static class SslOptionsCopy
{
    public static SslClientAuthenticationOptions Of(SslClientAuthenticationOptions from)
    {
        SslClientAuthenticationOptions to = new()
        {
            AllowRenegotiation = from.AllowRenegotiation,
            AllowTlsResume = from.AllowTlsResume,
            ApplicationProtocols = from.ApplicationProtocols is null ? null : [.. from.ApplicationProtocols],
            CertificateChainPolicy = from.CertificateChainPolicy?.Clone(),
            CertificateRevocationCheckMode = from.CertificateRevocationCheckMode,
            CipherSuitesPolicy = from.CipherSuitesPolicy,
            ClientCertificateContext = from.ClientCertificateContext,
            ClientCertificates = CopyOf(from.ClientCertificates),
            EnabledSslProtocols = from.EnabledSslProtocols,
            EncryptionPolicy = from.EncryptionPolicy,
            LocalCertificateSelectionCallback = from.LocalCertificateSelectionCallback,
            RemoteCertificateValidationCallback = from.RemoteCertificateValidationCallback,
            TargetHost = from.TargetHost,
        };
        CopyPaddings(from, to);
        return to;
    }

    // A selection callback is handed the collection, and may know it by its type.
    private static X509CertificateCollection? CopyOf(X509CertificateCollection? certificates) => certificates switch
    {
        null => null,
        X509Certificate2Collection second => new X509Certificate2Collection(second),
        _ => new X509CertificateCollection(certificates),
    };

    private static void CopyPaddings(SslClientAuthenticationOptions from, SslClientAuthenticationOptions to)
    {
        if (OperatingSystem.IsLinux() || OperatingSystem.IsWindows())
        {
            to.AllowRsaPssPadding = from.AllowRsaPssPadding;
            to.AllowRsaPkcs1Padding = from.AllowRsaPkcs1Padding;
        }
    }
}
