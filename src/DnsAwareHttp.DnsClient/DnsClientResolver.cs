using DnsAwareHttp.Resolution.Sources;
using DnsClient;
using DnsClient.Protocol;

namespace DnsAwareHttp.DnsClient;

/// <summary>Resolves names with the DnsClient package: <c>new DnsCache(resolver: new DnsClientResolver())</c>.</summary>
/// <remarks>Answers are kept by the <see cref="DnsCache"/>, so the client's own cache is off. Neither hosts file nor search list is looked at: names are absolute.</remarks>
public sealed class DnsClientResolver : INameResolver
{
    private const int MostAliases = 16;

    private static readonly TimeSpan NegativeTtlWithoutSoa = TimeSpan.FromSeconds(5);

    private readonly LookupClient _client;

    /// <summary>Makes a resolver.</summary>
    /// <param name="options">
    /// Name servers, timeouts and retries; null for the client's defaults. <see cref="DnsQueryOptions.UseCache"/>, <see cref="DnsQueryOptions.ThrowDnsErrors"/> and
    /// <see cref="DnsQueryOptions.ContinueOnEmptyResponse"/> are set to false: an empty answer is an answer.
    /// </param>
    public DnsClientResolver(LookupClientOptions? options = null)
    {
        options ??= new LookupClientOptions();
        options.UseCache = false;
        options.ThrowDnsErrors = false;
        options.ContinueOnEmptyResponse = false;
        _client = new LookupClient(options);
    }

    /// <inheritdoc/>
    public async ValueTask<Answer> ResolveAsync(string host, CancellationToken cancellationToken)
    {
        Task<Answer> v4 = AskAsync(host, QueryType.A, cancellationToken);
        Task<Answer> v6 = AskAsync(host, QueryType.AAAA, cancellationToken);
        await Task.WhenAll(v4, v6).ConfigureAwait(false);
        return AnswerMerge.Merge(await v4.ConfigureAwait(false), await v6.ConfigureAwait(false));
    }

    private async Task<Answer> AskAsync(string host, QueryType type, CancellationToken cancellationToken)
    {
        try
        {
            return Read(host, await _client.QueryAsync(host, type, QueryClass.IN, cancellationToken).ConfigureAwait(false));
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
            // The client wraps the caller's cancellation as if a server had failed.
            throw new OperationCanceledException(cancellationToken);
        }
        catch (Exception exception)
        {
            return new Answer.Failed($"DnsClient: {exception.Message}", exception);
        }
    }

    private static Answer Read(string host, IDnsQueryResponse response)
    {
        if (response.Header.ResponseCode is not (DnsHeaderResponseCode.NoError or DnsHeaderResponseCode.NotExistentDomain))
        {
            return new Answer.Failed($"name server {response.NameServer} answered {response.Header.ResponseCode}");
        }

        (string name, int ttl) = FollowAliases(host, response.Answers);
        AddressRecord[] records = [.. response.Answers.OfType<AddressRecord>().Where(record => IsSame(record.DomainName, name))];
        if (records.Length > 0)
        {
            return new Answer.Found([.. records.Select(record => record.Address)], TimeSpan.FromSeconds(records.Min(record => Math.Min(ttl, Seconds(record)))));
        }

        EmptyReason reason = response.Header.ResponseCode is DnsHeaderResponseCode.NotExistentDomain ? EmptyReason.NxDomain : EmptyReason.NoData;
        return new Answer.Empty(reason, response.Authorities.OfType<SoaRecord>().FirstOrDefault() is SoaRecord soa ? NegativeTtl(soa, ttl) : NegativeTtlWithoutSoa);
    }

    // Records that the chain of aliases does not lead to are none of ours.
    private static (string Name, int Ttl) FollowAliases(string host, IReadOnlyList<DnsResourceRecord> answers)
    {
        (string name, int ttl) = (host, int.MaxValue);
        for (int links = 0; links < MostAliases && answers.OfType<CNameRecord>().FirstOrDefault(alias => IsSame(alias.DomainName, name)) is CNameRecord alias; links++)
        {
            (name, ttl) = (alias.CanonicalName.Value, Math.Min(ttl, Seconds(alias)));
        }

        return (name, ttl);
    }

    private static bool IsSame(DnsString one, string other) => one.Value.TrimEnd('.').Equals(other.TrimEnd('.'), StringComparison.OrdinalIgnoreCase);

    // A TTL with its highest bit set means 0 (RFC 2181 section 8).
    private static int Seconds(DnsResourceRecord record) => Math.Max(0, record.InitialTimeToLive);

    // The smaller of TTL and MINIMUM (RFC 2308 section 5).
    private static TimeSpan NegativeTtl(SoaRecord soa, int ttl) =>
        TimeSpan.FromSeconds(Math.Min(ttl, Math.Min(Seconds(soa), soa.Minimum > int.MaxValue ? 0 : (int)soa.Minimum)));
}
