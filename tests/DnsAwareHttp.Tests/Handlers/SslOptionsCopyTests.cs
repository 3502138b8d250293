using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using DnsAwareHttp.Handlers;

namespace DnsAwareHttp.Tests.Handlers;

/// <summary>That each setting is copied is a test of <see cref="HandlerTemplateTests"/>. Here: what becomes of the original later.</summary>
public sealed class SslOptionsCopyTests
{
    [Fact]
    public void Of_ListsOfTheOriginalChangeLater_TheCopyStays()
    {
        SslClientAuthenticationOptions from = new()
        {
            ApplicationProtocols = [SslApplicationProtocol.Http2],
            ClientCertificates = [],
            CertificateChainPolicy = new X509ChainPolicy { DisableCertificateDownloads = true },
        };

        SslClientAuthenticationOptions to = SslOptionsCopy.Of(from);
        from.ApplicationProtocols.Add(SslApplicationProtocol.Http11);
        from.CertificateChainPolicy.DisableCertificateDownloads = false;

        to.ApplicationProtocols.Should().Equal(SslApplicationProtocol.Http2);
        to.ClientCertificates.Should().NotBeSameAs(from.ClientCertificates);
        to.CertificateChainPolicy!.DisableCertificateDownloads.Should().BeTrue();
    }

    [Fact]
    public void Of_Nulls_StayNull()
    {
        SslClientAuthenticationOptions to = SslOptionsCopy.Of(new SslClientAuthenticationOptions());

        to.ApplicationProtocols.Should().BeNull();
        to.ClientCertificates.Should().BeNull();
        to.CertificateChainPolicy.Should().BeNull();
    }

    [Fact]
    public void Of_TheTypeOfTheCertificates_StaysTheSame()
    {
        SslOptionsCopy.Of(new SslClientAuthenticationOptions { ClientCertificates = new X509Certificate2Collection() })
            .ClientCertificates.Should().BeOfType<X509Certificate2Collection>();
        SslOptionsCopy.Of(new SslClientAuthenticationOptions { ClientCertificates = [] })
            .ClientCertificates.Should().BeOfType<X509CertificateCollection>();
    }
}
