using System.Net;
using System.Security.Cryptography.X509Certificates;
using DnsAwareHttp.Resolution.Sources;
using DnsAwareHttp.Resolution.Wire;
using DnsAwareHttp.Tests.Fakes;
using DnsAwareHttp.Tests.Loopback;
using Microsoft.Extensions.Logging.Abstractions;

namespace DnsAwareHttp.Tests.Resolution.Sources;

/// <summary>Resolving by servers over TLS.</summary>
public sealed class DnsOverTlsTests : IDisposable
{
    private static readonly TimeSpan Generous = TimeSpan.FromSeconds(30);

    private readonly TestAuthority _authority = new();
    private readonly X509Certificate2 _good;
    private readonly X509Certificate2 _wrong;
    private readonly TemporaryFile _empty = new();
    private readonly FakeExchange _clear = new((_, _) => new DnsReply.Records([IPAddress.Parse("10.66.66.66")], TimeSpan.FromSeconds(60)));

    public DnsOverTlsTests()
    {
        (_good, _wrong) = (_authority.Certify("dns.test"), _authority.Certify("other.test"));
        _empty.Write("");
    }

    public void Dispose()
    {
        _empty.Dispose();
        _good.Dispose();
        _wrong.Dispose();
        _authority.Dispose();
    }

    [Fact]
    public async Task ServerWithAWrongCertificate_IsFollowedByTheNext()
    {
        await using TlsDnsServer wrong = TlsDnsServer.Start(_wrong);
        await using TlsDnsServer good = TlsDnsServer.Start(_good);
        (await AskAsync(wrong, good)).Should().BeOfType<Answer.Found>().Which.Addresses.Should().Equal(IPAddress.Parse("10.0.0.7"));
        (wrong.Questions.Count, good.Questions.Count, good.Connections).Should().Be((0, 2, 1), "A and AAAA share the connection");
    }

    [Fact]
    public async Task WhatCannotBeAskedOverTls_IsNotAskedInClear()
    {
        await using TlsDnsServer wrong = TlsDnsServer.Start(_wrong);
        (await AskAsync(wrong)).Should().BeOfType<Answer.Failed>().Which.Reason.Should().Contain($"{wrong.Address}#dns.test: its certificate or its TLS is not accepted");
        _clear.Servers.Should().BeEmpty();
    }

    [Fact]
    public async Task TruncatedOverTls_IsReadAsFarAsItGoes_AndNotAskedByTcpInClear()
    {
        await using TlsDnsServer dns = TlsDnsServer.Start(_good, static async conversation =>
        {
            while (await conversation.ReadAsync() is byte[] question)
            {
                byte[] answer = TlsDnsServer.Answer(question);
                answer[2] |= 0x02;
                await conversation.SendAsync(answer);
            }
        });
        (await AskAsync(dns)).Should().BeOfType<Answer.Found>();
        _clear.Servers.Should().BeEmpty();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task DisposingTheCache_ClosesItsConnections(bool waits)
    {
        await using TlsDnsServer dns = TlsDnsServer.Start(null, static _ => Task.CompletedTask);
        DnsCacheOptions options = new() { NameServers = [dns.Address], QueryTimeout = TimeSpan.FromSeconds(30), ResolvConfPath = _empty.Path, NameSources = [NameSource.Dns] };
        DnsCache cache = new(options);
        Task<Answer> asking = cache.PrefetchAsync("n7.test");
        await Eventually.Holds(() => dns.Connections == 1, "the connection is open");
        if (waits)
        {
            await cache.DisposeAsync().AsTask().WaitAsync(Generous);
        }
        else
        {
            cache.Dispose();
        }

        (await asking.WaitAsync(Generous)).Should().BeOfType<Answer.Failed>();
        await Eventually.Holds(() => dns.Ended == 1, "the connection is closed");
    }

    private async Task<Answer> AskAsync(params TlsDnsServer[] servers)
    {
        DnsCacheOptions options = new() { NameServers = [.. servers.Select(static server => server.Address + "#dns.test")], ResolvConfPath = _empty.Path, QueryTimeout = Generous };
        await using DnsResolver resolver = new(
            new DnsSettingsFile(options, TimeProvider.System, NullLogger.Instance), _clear, _clear, TimeProvider.System, new TlsExchange(TimeProvider.System, _authority.Trust));
        return await resolver.ResolveAsync("n7.test", default).AsTask().WaitAsync(Generous);
    }
}
