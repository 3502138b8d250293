using System.Collections.Concurrent;
using DnsAwareHttp.Resolution.Wire;

namespace DnsAwareHttp.Resolution.Sources;

/// <summary>The servers that fail with EDNS (RFC 6891), or something on the way to them does. Remembered for a while.</summary>
/// <remarks>
/// A server that knows EDNS answers it with an OPT record. A failure or NXDOMAIN without that record may be about EDNS and not about the
/// name (RFC 6891 section 7), and is believed once it came without EDNS as well.
/// </remarks>
internal sealed class EdnsMemory(TimeProvider timeProvider)
{
    /// <summary>How long it is remembered.</summary>
    public static readonly TimeSpan Memory = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan PatienceWithNew = TimeSpan.FromMilliseconds(100);

    private readonly ConcurrentDictionary<NameServer, long> _failed = new();
    private readonly ConcurrentDictionary<NameServer, bool> _answered = new();
    private readonly ConcurrentDictionary<NameServer, long> _indifferent = new();

    /// <summary>Whether the server may be asked with EDNS.</summary>
    public bool MayBeUsed(NameServer server) => !IsIn(_failed, server);

    /// <summary>How long a reply to a question with EDNS is waited for before the question is asked without it as well.</summary>
    /// <remarks>It is short until the server answered one. getaddrinfo, which uses no EDNS, would have its answer already.</remarks>
    public TimeSpan PatienceWith(NameServer server) => _answered.ContainsKey(server) ? ServerRun.LateAfter : PatienceWithNew;

    /// <summary>Notes the reply to a question with EDNS, and returns it.</summary>
    public DnsReply Heard(NameServer server, DnsReply reply)
    {
        if (reply is not (DnsReply.Silence or DnsReply.NoSocket) && !_answered.ContainsKey(server))
        {
            _answered[server] = true;
        }

        return reply;
    }

    /// <summary>Whether a reply to a question with EDNS may be another one without it.</summary>
    public bool MayBeTheReason(NameServer server, DnsReply reply) => reply switch
    {
        DnsReply.Refusal { Code: DnsResponseCode.FormErr or DnsResponseCode.BadVers } => true,
        DnsReply.Refusal or DnsReply.None { Reason: EmptyReason.NxDomain } => reply.IsWithoutOpt && !IsIn(_indifferent, server),
        _ => false,
    };

    /// <summary>The reply that counts, of that with EDNS and that without it.</summary>
    public DnsReply Better(NameServer server, DnsReply with, DnsReply without)
    {
        bool isAnswer = without is DnsReply.Records or DnsReply.None or DnsReply.Elsewhere or DnsReply.Truncated;
        bool isSame = with is DnsReply.None && without is DnsReply.None { Reason: EmptyReason.NxDomain };
        if (isAnswer && !isSame)
        {
            _failed[server] = timeProvider.GetTimestamp();
            _answered.TryRemove(server, out _);
            return without;
        }

        if (with is not DnsReply.Silence && without is not (DnsReply.Silence or DnsReply.NoSocket))
        {
            _indifferent[server] = timeProvider.GetTimestamp();
        }

        return with is DnsReply.Silence ? without : with;
    }

    private bool IsIn(ConcurrentDictionary<NameServer, long> servers, NameServer server) =>
        servers.TryGetValue(server, out long since) && timeProvider.GetElapsedTime(since) < Memory;
}
