namespace DnsAwareHttp.Resolution.Wire;

/// <summary>The aliases of one answer, and the chains that they make.</summary>
/// <remarks>
/// A name is known by its position. It need not be a host name as long as the same message has its records: then nobody asks for it.
/// </remarks>
internal readonly ref struct AliasChain
{
    private readonly ReadOnlySpan<byte> _message;
    private readonly ReadOnlySpan<DnsRecord> _aliases;

    private AliasChain(ReadOnlySpan<byte> message, ReadOnlySpan<DnsRecord> aliases)
    {
        _message = message;
        _aliases = aliases;
    }

    /// <summary>Whether there is any alias.</summary>
    public bool IsEmpty => _aliases.IsEmpty;

    /// <summary>Finds the aliases among <paramref name="answers"/>, in their order.</summary>
    /// <returns>False when they do not fit into <paramref name="room"/>.</returns>
    public static bool TryFind(ReadOnlySpan<byte> message, DnsSection answers, Span<DnsRecord> room, out AliasChain chain)
    {
        int count = 0;
        chain = default;
        foreach (DnsRecord record in answers)
        {
            if (record is not { Type: DnsRecordType.Cname, IsInternet: true })
            {
                continue;
            }

            if (count == room.Length)
            {
                return false;
            }

            room[count++] = record;
        }

        chain = new AliasChain(message, room[..count]);
        return true;
    }

    /// <summary>Follows the aliases from <paramref name="name"/> to the name that has no alias.</summary>
    /// <param name="name">The position of the first name.</param>
    /// <param name="maxLinks">How many aliases are followed. A loop has more.</param>
    /// <param name="takesLast">
    /// Which of several aliases of one name counts, of which there should be only one (RFC 1034 section 3.6.2): the first or the last.
    /// </param>
    public ChainEnd Follow(int name, int maxLinks, bool takesLast)
    {
        TimeSpan ttl = TimeSpan.MaxValue;
        bool isBroken = false;
        int links = 0;
        while (TryFindAlias(name, takesLast, ref isBroken, out DnsRecord alias))
        {
            if (++links > maxLinks)
            {
                return new ChainEnd(name, ttl, links, $"the chain of aliases has more than {maxLinks} links, or is a loop");
            }

            (name, ttl, isBroken) = (alias.DataAt, alias.Ttl < ttl ? alias.Ttl : ttl, false);
        }

        return new ChainEnd(name, ttl, links, isBroken ? "an alias breaks off" : null);
    }

    private bool TryFindAlias(int name, bool takesLast, ref bool isBroken, out DnsRecord alias)
    {
        alias = default;
        bool isFound = false;
        foreach (DnsRecord record in _aliases)
        {
            if (!DnsNameReader.IsSame(_message, record.OwnerAt, name))
            {
                continue;
            }

            if (!HasName(record))
            {
                isBroken = true;
                continue;
            }

            (alias, isFound) = (record, true);
            if (!takesLast)
            {
                break;
            }
        }

        return isFound;
    }

    private bool HasName(DnsRecord alias)
    {
        int at = alias.DataAt;
        return DnsNameReader.TrySkip(_message, ref at) && at == alias.DataAt + alias.DataLength;
    }
}
