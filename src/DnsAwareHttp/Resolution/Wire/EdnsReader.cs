using System.Buffers.Binary;

namespace DnsAwareHttp.Resolution.Wire;

/// <summary>Finds the OPT record of a message (RFC 6891 section 6.1).</summary>
internal static class EdnsReader
{
    private const int HeaderLength = 12;

    /// <summary>Whether the message has an OPT record where it belongs. A message that breaks off has none.</summary>
    public static bool HasOpt(ReadOnlySpan<byte> message)
    {
        int at = HeaderLength;
        for (int left = CountAt(message, 4); left > 0; left--)
        {
            if (!DnsNameReader.TrySkip(message, ref at) || message.Length - at < 4)
            {
                return false;
            }

            at += 4;
        }

        return DnsSection.TryRead(message, ref at, CountAt(message, 6), out _)
            && DnsSection.TryRead(message, ref at, CountAt(message, 8), out _)
            && DnsSection.TryRead(message, ref at, CountAt(message, 10), out DnsSection additionals)
            && IsIn(additionals);
    }

    /// <summary>Whether a section has an OPT record.</summary>
    public static bool IsIn(DnsSection section)
    {
        foreach (DnsRecord record in section)
        {
            if (record.Type == DnsRecordType.Opt)
            {
                return true;
            }
        }

        return false;
    }

    private static int CountAt(ReadOnlySpan<byte> message, int at) => BinaryPrimitives.ReadUInt16BigEndian(message[at..]);
}
