using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;

namespace DnsAwareHttp.IntegrationTests;

/// <summary>Answers of real name servers, byte by byte. The unit tests read and mutate a captured set of them.</summary>
/// <remarks>With <c>DNSAWARE_CAPTURE</c> set to a folder (that is <c>tests/DnsAwareHttp.Tests/Resolution/Wire/Corpus</c>) they are written there.</remarks>
public sealed class AnswerCaptureTests
{
    private const int A = 1;
    private const int Aaaa = 28;
    private const int ServFail = 2;
    private const int NxDomain = 3;
    private const int Refused = 5;

    private static readonly (string Name, int Type, bool Edns, bool Tcp)[] Questions =
    [
        ("one.test", A, true, false), ("one.test", A, false, false), ("one.test", Aaaa, true, false), ("two.test", A, true, false), ("two.test", Aaaa, true, false),
        ("MiXed.TeSt", A, true, false), ("zero.test", A, true, false), ("day.test", A, true, false), ("text.test", A, true, false), ("text.test", Aaaa, false, false),
        ("nowhere.test", A, true, false), ("nowhere.test", Aaaa, false, false), ("c1.test", A, true, false), ("c1.test", Aaaa, true, true), ("gone.test", A, true, false),
        ("dry.test", A, true, false), ("out.test", A, true, false), ("loop.test", A, true, false), ("big.test", A, true, false), ("big.test", A, true, true),
        ("x.servfail.test", A, true, false), ("x.refused.example", A, true, false),
    ];

    [ServerTheory("dnsmasq", "named", "knotd", "unbound")]
    [InlineData("dnsmasq")]
    [InlineData("named")]
    [InlineData("knotd")]
    [InlineData("unbound")]
    public async Task Servers_AnswerAsWasCaptured(string program)
    {
        StringBuilder lines = new();
        await using ZoneServer server = await ZoneServer.StartAsync(program);
        for (int index = 0; index < Questions.Length; index++)
        {
            (string name, int type, bool edns, bool tcp) = Questions[index];
            byte[] question = Question((ushort)(0x4000 + index), name, type, edns);
            byte[] answer = tcp ? await AskByTcpAsync(server, question) : await AskByUdpAsync(server, question);
            answer[..2].Should().Equal(question[..2], name);
            Check(program, name, tcp, answer);
            lines.Append($"{name} {(type == A ? "A" : "AAAA")} {(edns ? "edns" : "plain")} {(tcp ? "tcp" : "udp")} {Convert.ToHexStringLower(answer)}\n");
        }

        if (Environment.GetEnvironmentVariable("DNSAWARE_CAPTURE") is string folder)
        {
            await File.WriteAllTextAsync(Path.Combine(folder, $"{program}.hex"), lines.ToString());
        }
    }

    private static void Check(string program, string name, bool tcp, byte[] answer)
    {
        int code = answer[3] & 0x0F;
        int answers = BinaryPrimitives.ReadUInt16BigEndian(answer.AsSpan(6));
        bool isTruncated = (answer[2] & 2) != 0;
        switch (name)
        {
            case "one.test" or "MiXed.TeSt" or "zero.test" or "day.test" or "two.test":
                code.Should().Be(0, name);
                break;
            case "nowhere.test":
                code.Should().Be(NxDomain);
                break;
            case "x.refused.example":
                code.Should().Be(Refused);
                break;
            case "x.servfail.test" when program != "dnsmasq":
                code.Should().Be(ServFail);
                break;
            case "big.test":
                isTruncated.Should().Be(!tcp);
                answers.Should().Match(count => !tcp || count == 200);
                break;
            case "c1.test":
                answers.Should().Be(5);
                break;
        }
    }

    private static byte[] Question(ushort id, string name, int type, bool edns)
    {
        byte[] optional = edns ? [0, 0, 41, 0x04, 0xD0, 0, 0, 0, 0, 0, 0] : [];
        return
        [
            (byte)(id >> 8), (byte)id, 1, 0, 0, 1, 0, 0, 0, 0, 0, (byte)(edns ? 1 : 0),
            .. name.Split('.').SelectMany(label => (byte[])[(byte)label.Length, .. Encoding.ASCII.GetBytes(label)]), 0, 0, (byte)type, 0, 1, .. optional,
        ];
    }

    private static async Task<byte[]> AskByUdpAsync(ZoneServer server, byte[] question)
    {
        using UdpClient client = new();
        client.Connect(server.EndPoint);
        await client.SendAsync(question);
        return (await client.ReceiveAsync().WaitAsync(TimeSpan.FromSeconds(30))).Buffer;
    }

    private static async Task<byte[]> AskByTcpAsync(ZoneServer server, byte[] question)
    {
        using TcpClient client = new();
        await client.ConnectAsync(server.EndPoint).WaitAsync(TimeSpan.FromSeconds(30));
        NetworkStream stream = client.GetStream();
        await stream.WriteAsync((byte[])[(byte)(question.Length >> 8), (byte)question.Length, .. question]);
        byte[] prefix = new byte[2];
        await stream.ReadExactlyAsync(prefix).AsTask().WaitAsync(TimeSpan.FromSeconds(30));
        byte[] answer = new byte[BinaryPrimitives.ReadUInt16BigEndian(prefix)];
        await stream.ReadExactlyAsync(answer).AsTask().WaitAsync(TimeSpan.FromSeconds(30));
        return answer;
    }
}
