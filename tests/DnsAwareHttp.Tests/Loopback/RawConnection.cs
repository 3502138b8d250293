using System.Net;
using System.Net.Sockets;
using System.Text;

namespace DnsAwareHttp.Tests.Loopback;

/// <summary>One accepted connection: a script reads requests and writes whatever bytes it likes. Everything that arrives is recorded.</summary>
internal sealed class RawConnection(Socket socket, Stream stream, int number)
{
    private readonly StringBuilder _received = new();
    private readonly byte[] _one = new byte[1];

    /// <summary>0 for the first connection of the server.</summary>
    public int Number => number;

    public IPEndPoint Local => (IPEndPoint)socket.LocalEndPoint!;

    /// <summary>The bytes as they are, behind TLS where there is any.</summary>
    public Stream Stream => stream;

    /// <summary>Everything that arrived so far.</summary>
    public string Received
    {
        get
        {
            lock (_received)
            {
                return _received.ToString();
            }
        }
    }

    /// <summary>The next request, head and content; null when the other side has ended the connection.</summary>
    public async Task<RawRequest?> ReadRequestAsync()
    {
        RawRequest? head = await ReadHeadAsync();
        return head is null ? null : head with { Body = await ReadBodyAsync(head) };
    }

    /// <summary>The next request without its content, for scripts that answer before that.</summary>
    public async Task<RawRequest?> ReadHeadAsync()
    {
        string? head = await ReadUntilAsync("\r\n\r\n");
        return head is null ? null : new RawRequest(head, "");
    }

    /// <summary>The content of a request whose head was read.</summary>
    public async Task<string> ReadBodyAsync(RawRequest head)
    {
        if (head.Header("Transfer-Encoding")?.Contains("chunked", StringComparison.OrdinalIgnoreCase) == true)
        {
            return await ReadChunksAsync();
        }

        return int.TryParse(head.Header("Content-Length"), out int length) ? await ReadAsync(length) ?? "" : "";
    }

    /// <summary>As many bytes; null when the connection ends before.</summary>
    public async Task<string?> ReadAsync(int count)
    {
        byte[] bytes = new byte[count];
        int read = await stream.ReadAtLeastAsync(bytes, count, throwOnEndOfStream: false);
        Record(Encoding.Latin1.GetString(bytes, 0, read));
        return read == count ? Encoding.Latin1.GetString(bytes) : null;
    }

    /// <summary>Everything up to and with a mark; null when the connection ends before.</summary>
    public async Task<string?> ReadUntilAsync(string mark)
    {
        StringBuilder text = new();
        while (await ReadOneAsync() is char next)
        {
            text.Append(next);
            if (next == mark[^1] && text.Length >= mark.Length && text.ToString(text.Length - mark.Length, mark.Length) == mark)
            {
                Record(text.ToString());
                return text.ToString();
            }
        }

        Record(text.ToString());
        return null;
    }

    /// <summary>Ends when the other side has ended the connection.</summary>
    public async Task ReadToEndAsync()
    {
        while (await ReadOneAsync() is char next)
        {
            Record(next.ToString());
        }
    }

    /// <summary>Sends bytes, one for each character.</summary>
    public async Task WriteAsync(string text)
    {
        await stream.WriteAsync(Encoding.Latin1.GetBytes(text));
        await stream.FlushAsync();
    }

    /// <summary>Breaks the connection (RST), instead of ending it.</summary>
    public void Reset()
    {
        socket.LingerState = new LingerOption(true, 0);
        socket.Dispose();
    }

    private async Task<string> ReadChunksAsync()
    {
        StringBuilder body = new();
        while (await ReadUntilAsync("\r\n") is string size)
        {
            int length = Convert.ToInt32(size.Split(';')[0].Trim(), 16);
            body.Append(size).Append(length == 0 ? await ReadUntilAsync("\r\n") : await ReadAsync(length + 2));
            if (length == 0)
            {
                break;
            }
        }

        return body.ToString();
    }

    private async Task<char?> ReadOneAsync() => await stream.ReadAsync(_one) == 0 ? null : (char)_one[0];

    private void Record(string text)
    {
        lock (_received)
        {
            _received.Append(text);
        }
    }
}
