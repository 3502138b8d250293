using System.Buffers.Binary;
using System.Net;
using System.Text;

namespace DnsAwareHttp.Tests.Resolution.Wire;

/// <summary>Builds DNS messages byte by byte, right ones and wrong ones.</summary>
internal sealed class MessageBuilder
{
    private readonly List<byte> _bytes = [];

    public MessageBuilder(ushort id = 0x1234, ushort flags = 0x8180, int questions = 1, int answers = 0, int authorities = 0, int additionals = 0)
    {
        foreach (int word in (int[])[id, flags, questions, answers, authorities, additionals])
        {
            Word(word);
        }
    }

    public int Length => _bytes.Count;

    public byte[] Bytes => [.. _bytes];

    public MessageBuilder Question(string name, int type = 1, int cls = 1) => Name(name).Word(type).Word(cls);

    public MessageBuilder A(string owner, string address, uint ttl = 60, int cls = 1) => Record(owner, 1, ttl, IPAddress.Parse(address).GetAddressBytes(), cls);

    public MessageBuilder Aaaa(string owner, string address, uint ttl = 60) => Record(owner, 28, ttl, IPAddress.Parse(address).GetAddressBytes());

    public MessageBuilder Cname(string owner, string target, uint ttl = 60) => Record(owner, 5, ttl, NameBytes(target));

    public MessageBuilder Srv(string owner, string target, int port, int priority = 0, int weight = 0, uint ttl = 60) =>
        Record(owner, 33, ttl, [(byte)(priority >> 8), (byte)priority, (byte)(weight >> 8), (byte)weight, (byte)(port >> 8), (byte)port, .. NameBytes(target)]);

    public MessageBuilder Soa(string owner, uint ttl, uint minimum)
    {
        byte[] times = new byte[20];
        BinaryPrimitives.WriteUInt32BigEndian(times.AsSpan(16), minimum);
        return Record(owner, 6, ttl, [.. NameBytes("ns.test"), .. NameBytes("root.test"), .. times]);
    }

    public MessageBuilder Record(string owner, int type, uint ttl, byte[] data, int cls = 1) => Name(owner).RecordTail(type, ttl, data, cls);

    public MessageBuilder RecordTail(int type, uint ttl, byte[] data, int cls = 1, int? length = null) =>
        Word(type).Word(cls).Word((int)(ttl >> 16)).Word((int)(ttl & 0xFFFF)).Word(length ?? data.Length).Raw(data);

    public MessageBuilder Name(string name) => Raw(NameBytes(name));

    public MessageBuilder Pointer(int target) => Word(0xC000 | target);

    public MessageBuilder Word(int value) => Raw((byte)(value >> 8), (byte)value);

    public MessageBuilder Raw(params byte[] bytes)
    {
        _bytes.AddRange(bytes);
        return this;
    }

    private static byte[] NameBytes(string name) =>
        name.Length == 0 ? [0] : [.. name.Split('.').SelectMany(label => (byte[])[(byte)label.Length, .. Encoding.Latin1.GetBytes(label)]), 0];
}
