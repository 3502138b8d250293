using System.Net;
using DnsAwareHttp.Resolution.Wire;

namespace DnsAwareHttp.Tests.Resolution.Wire;

/// <summary>What <see cref="DnsMessageReader"/> must say, written the plain way: every record in a list, every name a string.</summary>
internal static class PlainReader
{
    private const int Cname = 5, Soa = 6, Srv = 33, Opt = 41, Internet = 1;

    public static DnsReply Read(byte[] message, DnsQuery query, ushort id, bool isFromStream = false)
    {
        if (message.Length is < 12 or > 65_535 || Word(message, 0) != id || (message[2] & 0xF8) != 0x80)
        {
            return DnsReply.NotOurs.Instance;
        }

        int code = message[3] & 0x0F;
        bool isRefusal = code is not 0 and not 3;
        int at = 12;
        string host = query.Host.TrimEnd('.').ToLowerInvariant();
        bool isOurs = Word(message, 4) == 1 && TryName(message, ref at, out string question) && question == host && message.Length >= at + 4
            && Word(message, at) == (int)query.Type && Word(message, at + 2) == Internet;
        if (!isOurs)
        {
            return isRefusal && Word(message, 4) == 0 ? new DnsReply.Refusal((DnsResponseCode)code) : DnsReply.NotOurs.Instance;
        }

        if (isRefusal)
        {
            return new DnsReply.Refusal((DnsResponseCode)code);
        }

        if ((message[2] & 0x02) != 0 && !isFromStream)
        {
            return DnsReply.Truncated.Instance;
        }

        at += 4;
        (List<Record> answers, bool isWhole) = Section(message, ref at, 6);
        if (!isWhole)
        {
            return new DnsReply.Malformed("section");
        }

        if (answers.Exists(record => record.Type == Opt))
        {
            return new DnsReply.Refusal(DnsResponseCode.FormErr);
        }

        (List<Record> authorities, bool isNoWhole) = Section(message, ref at, 8);
        List<Record> additionals = isNoWhole ? Section(message, ref at, 10).Records : [];
        if (additionals.Find(record => record.Type == Opt) is Record opt && opt.RawTtl >> 24 > 0)
        {
            return new DnsReply.Refusal((DnsResponseCode)(code | (int)(opt.RawTtl >> 24 << 4)));
        }

        // The target is null where an alias is broken.
        List<(string Owner, string? Target, int Ttl)> aliases = [];
        foreach (Record record in answers.Where(record => record is { Type: Cname, Class: Internet }))
        {
            int data = record.DataAt;
            bool isName = TryName(message, ref data, out string target) && data == record.DataAt + record.Length;
            aliases.Add((record.Owner, isName ? target : null, record.Ttl));
        }

        if (aliases.Count > 64)
        {
            return new DnsReply.Malformed("aliases");
        }

        (string name, int ttl, int links, bool isBroken) = End(aliases, host, query.LinksLeft, takesLast: false);
        Record? soa = authorities.Find(record => record is { Type: Soa, Class: Internet } && IsWithin(name, record.Owner) && Minimum(message, record) is not null);
        int? negative = soa is null ? null : Math.Min(soa.Ttl, Minimum(message, soa)!.Value);
        if (code == 3)
        {
            return isBroken ? new DnsReply.Malformed("chain") : new DnsReply.None(EmptyReason.NxDomain, Seconds(Math.Min(ttl, negative ?? 5)));
        }

        DnsReply? records = null;
        foreach ((string owner, int least, int length, _) in aliases.Count == 0 ? [(name, ttl, 0, false)] : ((string, int, int, bool)[])[(name, ttl, links, isBroken), End(aliases, host, query.LinksLeft, takesLast: true), (host, int.MaxValue, 0, false)])
        {
            DnsReply? there = length > query.LinksLeft ? null : RecordsOf(message, answers, owner, query.Type, least);
            if (there is DnsReply.Records)
            {
                return there;
            }

            records ??= owner == name && length == links ? there : null;
        }

        return records
            ?? (isBroken ? new DnsReply.Malformed("chain")
                : negative is null && links > 0 ? (name.Length > 0 && IsHost(name) ? new DnsReply.Elsewhere(name, links, Seconds(ttl)) : new DnsReply.Malformed("target"))
                : negative is null && !isNoWhole ? new DnsReply.Malformed("no")
                : negative is null && (Word(message, 2) & 0x0480) == 0 ? DnsReply.Lame.Instance
                : (message[2] & 0x02) != 0 ? DnsReply.Truncated.Instance
                : new DnsReply.None(EmptyReason.NoData, Seconds(Math.Min(ttl, negative ?? 5))));
    }

    private static (string Name, int Ttl, int Links, bool IsBroken) End(List<(string Owner, string? Target, int Ttl)> aliases, string name, int maxLinks, bool takesLast)
    {
        int ttl = int.MaxValue;
        for (int links = 0; ; links++)
        {
            List<(string Owner, string? Target, int Ttl)> mine = aliases.FindAll(alias => alias.Owner == name);
            List<(string Owner, string? Target, int Ttl)> good = mine.FindAll(alias => alias.Target is not null);
            if (good.Count == 0)
            {
                return (name, ttl, links, mine.Count > 0);
            }

            if (links == maxLinks)
            {
                return (name, ttl, links + 1, true);
            }

            (_, string? target, int least) = takesLast ? good[^1] : good[0];
            (name, ttl) = (target!, Math.Min(ttl, least));
        }
    }

    private static DnsReply? RecordsOf(byte[] message, List<Record> answers, string name, DnsRecordType type, int ttl)
    {
        List<Record> found = [.. answers.Where(record => record.Type == (int)type && record.Class == Internet && record.Owner == name)];
        if (found.Count == 0)
        {
            return null;
        }

        if (type == DnsRecordType.Srv)
        {
            return Services(message, found, ttl);
        }

        int length = type == DnsRecordType.A ? 4 : 16;
        found = [.. found.Where(record => record.Length == length).Take(4_096)];
        return found.Count == 0 ? new DnsReply.Malformed("address")
            : new DnsReply.Records([.. found.Select(record => new IPAddress(message.AsSpan(record.DataAt, length)))], Seconds(found.Min(record => Math.Min(ttl, record.Ttl))));
    }

    private static DnsReply Services(byte[] message, List<Record> found, int ttl)
    {
        List<ServiceTarget> targets = [];
        bool isUnavailable = false;
        bool isBroken = false;
        foreach (Record record in found.TakeWhile(_ => targets.Count < 1_024))
        {
            int at = record.DataAt + 6;
            if (record.Length < 7 || !TryName(message, ref at, out string name) || at != record.DataAt + record.Length)
            {
                isBroken = true;
                continue;
            }

            string? host = IsHost(name) ? name : null;
            ttl = Math.Min(ttl, record.Ttl);
            isUnavailable |= host is "";
            ServiceTarget target = new(host ?? "", Word(message, record.DataAt + 4), Word(message, record.DataAt), Word(message, record.DataAt + 2));
            if (target is { Host.Length: > 0, Port: > 0 } && !targets.Contains(target))
            {
                targets.Add(target);
            }
        }

        return targets.Count > 0 || (isUnavailable && !isBroken) ? new DnsReply.Records([], Seconds(ttl)) { Targets = [.. targets] } : new DnsReply.Malformed("no target");
    }

    private static (List<Record> Records, bool IsWhole) Section(byte[] message, ref int at, int countAt)
    {
        List<Record> records = [];
        for (int left = Word(message, countAt); left > 0; left--)
        {
            if (!TryName(message, ref at, out string owner) || message.Length < at + 10 || message.Length < at + 10 + Word(message, at + 8))
            {
                return (records, false);
            }

            uint ttl = ((uint)Word(message, at + 4) << 16) | (uint)Word(message, at + 6);
            records.Add(new Record(owner, Word(message, at), Word(message, at + 2), ttl, at + 10, Word(message, at + 8)));
            at += 10 + Word(message, at + 8);
        }

        return (records, true);
    }

    private static bool IsHost(string name) => name.All(letter => letter is > (char)0x20 and < (char)0x7F);

    // A dot inside a label is written as a letter that no byte stands for.
    private static bool TryName(byte[] message, ref int at, out string name)
    {
        List<char> text = [];
        int behind = -1;
        int position = at;
        int pointers = 0;
        name = "";
        while (position < message.Length)
        {
            int head = message[position];
            if (head == 0)
            {
                at = behind < 0 ? position + 1 : behind;
                name = string.Concat(text.SkipLast(1));
                return true;
            }

            if (head >= 0xC0)
            {
                behind = behind < 0 ? position + 2 : behind;
                int target = position + 1 < message.Length ? Word(message, position) & 0x3FFF : int.MaxValue;
                if (target < 12 || target >= position || ++pointers > 127)
                {
                    return false;
                }

                position = target;
            }
            else
            {
                if (head >= 0x40 || position + 1 + head > message.Length || text.Count + head + 2 > 255)
                {
                    return false;
                }

                foreach (byte letter in message.AsSpan(position + 1, head))
                {
                    text.Add(letter == (byte)'.' ? '\u0100' : letter is >= (byte)'A' and <= (byte)'Z' ? (char)(letter + 32) : (char)letter);
                }

                text.Add('.');
                position += 1 + head;
            }
        }

        return false;
    }

    private static int? Minimum(byte[] message, Record soa)
    {
        int at = soa.DataAt;
        return TryName(message, ref at, out _) && TryName(message, ref at, out _) && at + 20 == soa.DataAt + soa.Length
            ? Ttl(((uint)Word(message, at + 16) << 16) | (uint)Word(message, at + 18))
            : null;
    }

    private static bool IsWithin(string name, string zone) => zone.Length == 0 || name == zone || name.EndsWith("." + zone, StringComparison.Ordinal);

    private static int Ttl(uint raw) => raw > int.MaxValue ? 0 : (int)raw;

    private static TimeSpan Seconds(int seconds) => TimeSpan.FromSeconds(seconds);

    private static int Word(byte[] message, int at) => (message[at] << 8) | message[at + 1];

    private sealed record Record(string Owner, int Type, int Class, uint RawTtl, int DataAt, int Length)
    {
        public int Ttl => PlainReader.Ttl(RawTtl);
    }
}
