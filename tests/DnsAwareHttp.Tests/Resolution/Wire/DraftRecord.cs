namespace DnsAwareHttp.Tests.Resolution.Wire;

/// <summary>One record, or one question, of a <see cref="MessageDraft"/>; names are uncompressed.</summary>
internal sealed class DraftRecord(int section, byte[] owner, ushort type, ushort cls, uint ttl, byte[] data)
{
    /// <summary>0 answers, 1 authorities, 2 additionals.</summary>
    public int Section { get; set; } = section;

    public byte[] Owner { get; set; } = owner;

    public ushort Type { get; set; } = type;

    public ushort Class { get; set; } = cls;

    public uint Ttl { get; set; } = ttl;

    public byte[] Data { get; set; } = data;

    /// <summary>The name that the data is; null when it is something else.</summary>
    public byte[]? Target { get; set; }

    /// <summary>How far the length that the record tells is from the right one.</summary>
    public int LengthError { get; set; }

    public DraftRecord Copy() => new(Section, Owner, Type, Class, Ttl, Data) { Target = Target, LengthError = LengthError };
}
