using System.Net;
using System.Net.Sockets;

namespace DnsAwareHttp.IntegrationTests;

/// <summary>A bare question, to see whether a name server is up.</summary>
internal static class DnsQuestion
{
    // Id 0x1234, recursion desired, one question: A of "up.test".
    private static readonly byte[] Message = [0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 2, (byte)'u', (byte)'p', 4, (byte)'t', (byte)'e', (byte)'s', (byte)'t', 0, 0, 1, 0, 1];

    public static bool IsAnswered(IPEndPoint server) => AnswerOf(server) is not null;

    /// <summary>As <see cref="IsAnswered"/>, and not with an error: some answer so until they have read their zones.</summary>
    public static bool IsFound(IPEndPoint server) => AnswerOf(server) is byte[] answer && (answer[3] & 0x0F) == 0;

    private static byte[]? AnswerOf(IPEndPoint server)
    {
        using UdpClient client = new();
        client.Client.ReceiveTimeout = 500;
        try
        {
            client.Connect(server);
            client.Send(Message);
            IPEndPoint? from = null;
            return client.Receive(ref from) is [0x12, 0x34, _, _, ..] answer ? answer : null;
        }
        catch (SocketException)
        {
            return null;
        }
    }
}
