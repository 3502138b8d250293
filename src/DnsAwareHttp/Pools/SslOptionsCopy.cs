using System.Net.Security;

namespace DnsAwareHttp.Pools;

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
            CertificateChainPolicy = from.CertificateChainPolicy,
            CertificateRevocationCheckMode = from.CertificateRevocationCheckMode,
            CipherSuitesPolicy = from.CipherSuitesPolicy,
            ClientCertificateContext = from.ClientCertificateContext,
            ClientCertificates = from.ClientCertificates is null ? null : [.. from.ClientCertificates],
            EnabledSslProtocols = from.EnabledSslProtocols,
            EncryptionPolicy = from.EncryptionPolicy,
            LocalCertificateSelectionCallback = from.LocalCertificateSelectionCallback,
            RemoteCertificateValidationCallback = from.RemoteCertificateValidationCallback,
            TargetHost = from.TargetHost,
        };
        CopyPaddings(from, to);
        return to;
    }

    private static void CopyPaddings(SslClientAuthenticationOptions from, SslClientAuthenticationOptions to)
    {
        if (OperatingSystem.IsLinux() || OperatingSystem.IsWindows())
        {
            to.AllowRsaPssPadding = from.AllowRsaPssPadding;
            to.AllowRsaPkcs1Padding = from.AllowRsaPkcs1Padding;
        }
    }
}
