using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace DnsAwareHttp.Handlers;

/// <summary>Compares TLS settings. Certificates are the same if their contents are, and both or neither have a private key.</summary>
internal static class SslOptionsComparison
{
    public static bool AreSame(SslClientAuthenticationOptions one, SslClientAuthenticationOptions other) =>
        one.AllowRenegotiation == other.AllowRenegotiation
        && one.AllowTlsResume == other.AllowTlsResume
        && AreSame(one.ApplicationProtocols, other.ApplicationProtocols)
        && AreSame(one.CertificateChainPolicy, other.CertificateChainPolicy)
        && one.CertificateRevocationCheckMode == other.CertificateRevocationCheckMode
        && AreSame(one.CipherSuitesPolicy, other.CipherSuitesPolicy)
        && AreSame(one.ClientCertificateContext, other.ClientCertificateContext)
        && AreSame(one.ClientCertificates, other.ClientCertificates)
        && one.EnabledSslProtocols == other.EnabledSslProtocols
        && one.EncryptionPolicy == other.EncryptionPolicy
        && ValueComparison.AreSame(one.LocalCertificateSelectionCallback, other.LocalCertificateSelectionCallback)
        && ValueComparison.AreSame(one.RemoteCertificateValidationCallback, other.RemoteCertificateValidationCallback)
        && one.TargetHost == other.TargetHost
        && HaveSamePaddings(one, other);

    public static bool AreSame(X509Certificate? one, X509Certificate? other) =>
        ReferenceEquals(one, other)
        || (one is not null && other is not null && one.GetRawCertData().AsSpan().SequenceEqual(other.GetRawCertData())
            && HasPrivateKey(one) == HasPrivateKey(other));

    public static bool AreSame(X509CertificateCollection? one, X509CertificateCollection? other) =>
        ReferenceEquals(one, other)
        || (one is not null && other is not null && one.Count == other.Count
            && one.Cast<X509Certificate>().Zip(other.Cast<X509Certificate>()).All(pair => AreSame(pair.First, pair.Second)));

    private static bool HasPrivateKey(X509Certificate certificate) => certificate is X509Certificate2 { HasPrivateKey: true };

    private static bool AreSame(List<SslApplicationProtocol>? one, List<SslApplicationProtocol>? other) =>
        ReferenceEquals(one, other) || (one is not null && other is not null && one.SequenceEqual(other));

    private static bool AreSame(SslStreamCertificateContext? one, SslStreamCertificateContext? other) =>
        ReferenceEquals(one, other)
        || (one is not null && other is not null && AreSame(one.TargetCertificate, other.TargetCertificate)
            && one.IntermediateCertificates.Count == other.IntermediateCertificates.Count
            && one.IntermediateCertificates.Zip(other.IntermediateCertificates).All(pair => AreSame(pair.First, pair.Second)));

    private static bool AreSame(CipherSuitesPolicy? one, CipherSuitesPolicy? other) =>
        ReferenceEquals(one, other)
        || (OperatingSystem.IsLinux() && one is not null && other is not null
            && one.AllowedCipherSuites.SequenceEqual(other.AllowedCipherSuites));

    private static bool AreSame(X509ChainPolicy? one, X509ChainPolicy? other) =>
        ReferenceEquals(one, other)
        || (one is not null && other is not null
            && one.DisableCertificateDownloads == other.DisableCertificateDownloads
            && one.RevocationFlag == other.RevocationFlag
            && one.RevocationMode == other.RevocationMode
            && one.TrustMode == other.TrustMode
            && one.UrlRetrievalTimeout == other.UrlRetrievalTimeout
            && one.VerificationFlags == other.VerificationFlags
            && one.VerificationTimeIgnored == other.VerificationTimeIgnored
            && (one.VerificationTimeIgnored || one.VerificationTime == other.VerificationTime)
            && AreSame(one.ApplicationPolicy, other.ApplicationPolicy)
            && AreSame(one.CertificatePolicy, other.CertificatePolicy)
            && AreSame(one.CustomTrustStore, other.CustomTrustStore)
            && AreSame(one.ExtraStore, other.ExtraStore));

    private static bool AreSame(OidCollection one, OidCollection other) =>
        one.Cast<Oid>().Select(oid => oid.Value).SequenceEqual(other.Cast<Oid>().Select(oid => oid.Value));

    private static bool HaveSamePaddings(SslClientAuthenticationOptions one, SslClientAuthenticationOptions other) =>
        !(OperatingSystem.IsLinux() || OperatingSystem.IsWindows())
        || (one.AllowRsaPssPadding == other.AllowRsaPssPadding && one.AllowRsaPkcs1Padding == other.AllowRsaPkcs1Padding);
}
