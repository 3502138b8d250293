using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace DnsAwareHttp.IntegrationTests;

/// <summary>A dynamic update (RFC 2136) of the zone <c>test</c>, without a signature.</summary>
internal static class DnsUpdate
{
    private const ushort A = 1, Soa = 6, In = 1, Any = 255;
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    /// <summary>Replaces the addresses of a name. When this returns, the server answers with the new ones.</summary>
    public static async Task SendAsync(IPEndPoint server, string name, int ttl, params string[] addresses)
    {
        using Socket socket = new(server.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        using CancellationTokenSource late = new(Deadline);
        await socket.ConnectAsync(server, late.Token);
        await socket.SendAsync(MessageOf(name, ttl, addresses), late.Token);
        byte[] reply = new byte[512];
        _ = await socket.ReceiveAsync(reply, late.Token);
        if ((reply[3] & 0x0F) is int code and not 0)
        {
            throw new InvalidOperationException($"The name server refused to update {name}: RCODE {code}.");
        }
    }

    private static byte[] MessageOf(string name, int ttl, string[] addresses)
    {
        // Opcode 5; one zone, no prerequisite, one deletion and the additions.
        byte[] head = [0x12, 0x35, 5 << 3, 0, 0, 1, 0, 0, .. Number((ushort)(1 + addresses.Length)), 0, 0];
        byte[] zone = [.. NameOf("test"), .. Number(Soa), .. Number(In)];
        byte[] deletion = [.. NameOf(name), .. Number(A), .. Number(Any), 0, 0, 0, 0, 0, 0];
        return
        [
            .. head, .. zone, .. deletion,
            .. addresses.SelectMany(address => (byte[])
            [
                .. NameOf(name), .. Number(A), .. Number(In), 0, 0, .. Number((ushort)ttl), 0, 4, .. IPAddress.Parse(address).GetAddressBytes(),
            ]),
        ];
    }

    private static byte[] NameOf(string name) => [.. name.Split('.').SelectMany(label => (byte[])[(byte)label.Length, .. Encoding.ASCII.GetBytes(label)]), 0];

    private static byte[] Number(ushort number)
    {
        byte[] bytes = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, number);
        return bytes;
    }
}
