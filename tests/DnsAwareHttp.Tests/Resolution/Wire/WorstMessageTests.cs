using DnsAwareHttp.Resolution.Wire;
using DnsAwareHttp.Tests.Simulation;
using Xunit.Abstractions;

namespace DnsAwareHttp.Tests.Resolution.Wire;

/// <summary>Messages of 64 KB that are as much work as their writer could think of.</summary>
[Collection(nameof(Alone))]
public sealed class WorstMessageTests(ITestOutputHelper output)
{
    private const int Largest = 65_535;

    private static readonly DnsQuery Query = new("svc.test", DnsRecordType.A);

    public static TheoryData<string> Names => [.. Cases.Keys];

    private static Dictionary<string, Func<byte[]>> Cases { get; } = new()
    {
        ["addresses of a name of 127 pointers"] = () => Filled(message => Pointers(message, 120), message => message.RecordTail(1, 60, [10, 0, 0, 1])),
        ["addresses of a name that differs in its 120th label, each label behind a pointer"] = () => Filled(Steps, message => message.RecordTail(1, 60, [10, 0, 0, 1])),
        ["aliases of such a name"] = () => Filled(Steps, message => message.RecordTail(5, 60, [1, 97, 0])),
        ["SOA records of such a name"] = () => Filled(Steps, message => message.RecordTail(6, 60, [0, 0, .. new byte[20]]), isAuthority: true),
        ["broken SOA records of the root"] = () => Filled(Nothing(0), message => message.RecordTail(6, 60, [0, 0]), isAuthority: true),
        ["records of 11 bytes"] = () => Filled(Nothing(0), message => message.RecordTail(16, 60, [])),
        ["aliases of the root"] = () => Filled(Nothing(0), message => message.RecordTail(5, 60, [0])),
        ["addresses of ours, the last of them broken"] = () => [.. Filled(Nothing(12), message => message.RecordTail(1, 60, [10, 0, 0, 1]))[..^6], 0, 3, 1, 2, 3, 4],
        ["nothing but pointers"] = () => [.. new MessageBuilder(answers: Largest).Question("svc.test").Bytes, .. Enumerable.Repeat((byte)0xC0, Largest - 26)],
        ["nothing but zeros"] = () => [.. new MessageBuilder(answers: Largest).Question("svc.test").Bytes, .. new byte[Largest - 26]],
    };

    [Theory]
    [MemberData(nameof(Names))]
    public void Message_IsReadLikeAnyOther(string name)
    {
        byte[] bytes = Cases[name]();
        DnsQuery query = bytes[13] == (byte)'s' ? Query : new DnsQuery(Named(bytes), DnsRecordType.A);
        DnsReply reply = DnsMessageReader.Read(bytes, query, 0x1234);
        TimeSpan least = TimeSpan.MaxValue;
        for (int round = 0; round < 30; round++)
        {
            TimeSpan before = Environment.CpuUsage.TotalTime;
            _ = DnsMessageReader.Read(bytes, query, 0x1234);
            TimeSpan used = Environment.CpuUsage.TotalTime - before;
            least = used < least ? used : least;
        }

        output.WriteLine($"{name}: {bytes.Length:N0} bytes in {least.TotalMilliseconds:0.0} ms of processor time: {reply.GetType().Name}");
        reply.Should().NotBeOfType<DnsReply.NotOurs>();
        reply.SaysTheSameAs(PlainReader.Read(bytes, query, 0x1234)).Should().BeTrue();
    }

    // A question whose name has 120 labels, and records that all have the owner that is laid out first; 12 is the question's own.
    private static byte[] Filled(Func<MessageBuilder, int> layOut, Action<MessageBuilder> addTail, bool isAuthority = false)
    {
        string name = string.Join('.', Enumerable.Repeat("l", 119).Append("z"));
        int count = 1;
        MessageBuilder message = Begin(name, count, isAuthority);
        int owner = layOut(message);
        for (; message.Length < Largest - 40; count++)
        {
            _ = owner == 0 ? message.Raw(0) : message.Pointer(owner);
            addTail(message);
        }

        byte[] bytes = message.Bytes;
        (bytes[isAuthority ? 8 : 6], bytes[isAuthority ? 9 : 7]) = ((byte)(count >> 8), (byte)count);
        return bytes;
    }

    // The first record is one of a type that nobody asks for; in its data the names are laid out.
    private static MessageBuilder Begin(string name, int count, bool isAuthority) =>
        new MessageBuilder(answers: isAuthority ? 0 : count, authorities: isAuthority ? count : 0).Question(name).Raw(0);

    private static int Steps(MessageBuilder message)
    {
        List<byte> data = [1, (byte)'y', 0];
        int dataAt = message.Length + 10;
        int last = dataAt;
        for (int label = 0; label < 119; label++)
        {
            int here = dataAt + data.Count;
            data.AddRange([1, (byte)'l', (byte)(0xC0 | (last >> 8)), (byte)last]);
            last = here;
        }

        message.RecordTail(16, 60, [.. data]);
        return last;
    }

    private static Func<MessageBuilder, int> Nothing(int owner) => message =>
    {
        message.RecordTail(16, 60, []);
        return owner;
    };

    private static int Pointers(MessageBuilder message, int count)
    {
        List<byte> data = [0xC0, 12];
        int dataAt = message.Length + 10;
        int last = dataAt;
        for (int pointer = 0; pointer < count; pointer++)
        {
            int here = dataAt + data.Count;
            data.AddRange([(byte)(0xC0 | (last >> 8)), (byte)last]);
            last = here;
        }

        message.RecordTail(16, 60, [.. data]);
        return last;
    }

    private static string Named(byte[] message)
    {
        int at = 12;
        _ = DnsNameReader.TryRead(message, ref at, out string? name);
        return name!;
    }
}
