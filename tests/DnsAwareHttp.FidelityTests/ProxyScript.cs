using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace DnsAwareHttp.FidelityTests;

/// <summary>What scripted proxies do with a connection. They look up no name: whatever host they are asked for is at 127.0.0.1.</summary>
internal static class ProxyScript
{
    public const string Established = "HTTP/1.1 200 Connection established\r\n\r\n";

    /// <summary>An HTTP proxy that opens every tunnel and answers every other request itself.</summary>
    public static Func<RawConnection, Task> Http() => Http(static _ => null);

    /// <summary>An HTTP proxy.</summary>
    /// <param name="answer">Its own answer to a request; null to open the tunnel or, where none is asked for, to answer 200.</param>
    public static Func<RawConnection, Task> Http(Func<RawRequest, string?> answer) => async connection =>
    {
        while (await connection.ReadRequestAsync() is RawRequest request)
        {
            string? response = answer(request);
            if (response is null && request.Method == "CONNECT")
            {
                await connection.WriteAsync(Established);
                await TunnelAsync(connection, int.Parse(request.Target[(request.Target.LastIndexOf(':') + 1)..], CultureInfo.InvariantCulture));
                return;
            }

            response ??= RawServer.Ok;
            await connection.WriteAsync(response);
            if (response.Contains("\r\nConnection: close\r\n", StringComparison.OrdinalIgnoreCase))
            {
                return;
            }
        }
    };

    /// <summary>A SOCKS4 or SOCKS4a proxy that writes down what it is asked.</summary>
    public static Func<RawConnection, Task> Socks4(Transcript transcript, byte reply = 0x5A) => async connection =>
    {
        byte[] head = await BytesAsync(connection, 8);
        string user = (await connection.ReadUntilAsync("\0"))!;
        string host = head.AsSpan(4, 3).SequenceEqual("\0\0\0"u8) ? (await connection.ReadUntilAsync("\0"))! : new IPAddress(head.AsSpan(4, 4)).ToString();
        int port = (head[2] << 8) | head[3];
        transcript.Write($"socks4 {Convert.ToHexString(head, 0, 2)} port {port} address {Convert.ToHexString(head, 4, 4)} user {Hex(user)} host {host.Replace("\0", "<0>", StringComparison.Ordinal)}");
        await connection.Stream.WriteAsync(new byte[] { 0, reply, 0, 0, 0, 0, 0, 0 });
        if (reply == 0x5A)
        {
            await TunnelAsync(connection, port);
        }
    };

    /// <summary>A SOCKS5 proxy that writes down what it is asked.</summary>
    public static Func<RawConnection, Task> Socks5(Transcript transcript, byte method = 0, byte authentication = 0, byte reply = 0) => async connection =>
    {
        byte[] greeting = await BytesAsync(connection, 2);
        transcript.Write($"socks5 greeting {Convert.ToHexString(greeting)} methods {Convert.ToHexString(await BytesAsync(connection, greeting[1]))}");
        await connection.Stream.WriteAsync(new byte[] { 5, method });
        if (method == 2)
        {
            byte version = (await BytesAsync(connection, 1))[0];
            string user = Encoding.UTF8.GetString(await CountedAsync(connection));
            string word = Encoding.UTF8.GetString(await CountedAsync(connection));
            transcript.Write($"socks5 authentication {version} {user} {word}");
            await connection.Stream.WriteAsync(new byte[] { 1, authentication });
        }

        if (method == 0xFF || authentication != 0)
        {
            return;
        }

        byte[] head = await BytesAsync(connection, 4);
        string host = head[3] switch
        {
            1 => new IPAddress(await BytesAsync(connection, 4)).ToString(),
            4 => new IPAddress(await BytesAsync(connection, 16)).ToString(),
            _ => Encoding.UTF8.GetString(await CountedAsync(connection)),
        };
        byte[] port = await BytesAsync(connection, 2);
        transcript.Write($"socks5 request {Convert.ToHexString(head)} host {host} port {(port[0] << 8) | port[1]}");
        await connection.Stream.WriteAsync(new byte[] { 5, reply, 0, 1, 0, 0, 0, 0, 0, 0 });
        if (reply == 0)
        {
            await TunnelAsync(connection, (port[0] << 8) | port[1]);
        }
    };

    /// <summary>The proxy of a scheme that does all that it is asked.</summary>
    public static Func<RawConnection, Task> Of(string scheme, Transcript transcript) => scheme switch
    {
        "socks4" or "socks4a" => Socks4(transcript),
        "socks5" => Socks5(transcript),
        _ => Http(),
    };

    /// <summary>Passes bytes on until one side ends.</summary>
    private static async Task TunnelAsync(RawConnection connection, int port)
    {
        using TcpClient origin = new() { NoDelay = true };
        await origin.ConnectAsync(IPAddress.Loopback, port);
        Task up = connection.Stream.CopyToAsync(origin.GetStream());
        Task down = origin.GetStream().CopyToAsync(connection.Stream);
        await await Task.WhenAny(up, down);
    }

    private static async Task<byte[]> CountedAsync(RawConnection connection) => await BytesAsync(connection, (await BytesAsync(connection, 1))[0]);

    private static async Task<byte[]> BytesAsync(RawConnection connection, int count) =>
        Encoding.Latin1.GetBytes(await connection.ReadAsync(count) ?? throw new IOException("The other side has ended the connection."));

    private static string Hex(string text) => Convert.ToHexString(Encoding.Latin1.GetBytes(text));
}
