using System.Buffers.Binary;
using System.Text;

namespace DnsAwareHttp.FidelityTests;

/// <summary>The server's side of an HTTP/2 connection (RFC 9113). Settings and pings are acknowledged while it reads.</summary>
internal sealed class FrameConnection(RawConnection connection)
{
    public const int Data = 0, Headers = 1, Reset = 3, Settings = 4, PushPromise = 5, Ping = 6, GoAway = 7, WindowUpdate = 8, Continuation = 9;
    public const int Ack = 1, EndStream = 1, EndHeaders = 4;

    private const int MaxFrame = 16_384;
    private static readonly string[] Names =
        ["DATA", "HEADERS", "PRIORITY", "RST_STREAM", "SETTINGS", "PUSH_PROMISE", "PING", "GOAWAY", "WINDOW_UPDATE", "CONTINUATION"];

    private readonly StringBuilder _log = new();
    private bool _isAcknowledged;

    public int Number => connection.Number;

    /// <summary>Whether pings are acknowledged.</summary>
    public bool AnswersPings { get; set; } = true;

    /// <summary>The settings, heads and data that arrived.</summary>
    public string Log
    {
        get
        {
            lock (_log)
            {
                return _log.ToString();
            }
        }
    }

    /// <summary>Sends settings, at once, and reads the preface.</summary>
    public async Task OpenAsync((int Id, uint Value)[] settings)
    {
        byte[] payload = new byte[settings.Length * 6];
        for (int i = 0; i < settings.Length; i++)
        {
            BinaryPrimitives.WriteUInt16BigEndian(payload.AsSpan(i * 6), (ushort)settings[i].Id);
            BinaryPrimitives.WriteUInt32BigEndian(payload.AsSpan((i * 6) + 2), settings[i].Value);
        }

        await WriteAsync(Settings, 0, 0, payload);
        Note(await connection.ReadAsync(24) ?? "no preface");
    }

    /// <summary>The stream of the next request, once its head has arrived; null when the other side has ended the connection.</summary>
    public async Task<int?> ReadRequestAsync() => (await ReadAsync(Headers))?.Stream;

    /// <summary>The next frame of a type, those before it passed over.</summary>
    public async Task<(int Type, int Flags, int Stream, byte[] Payload)?> ReadAsync(int type)
    {
        while (await ReadFrameAsync() is (int, int, int, byte[]) frame)
        {
            if (frame.Type == type)
            {
                return frame;
            }
        }

        return null;
    }

    /// <summary>Ends when the other side has acknowledged the settings: before, it may do what they forbid. Requests are passed over.</summary>
    public async Task ReadAcknowledgementAsync()
    {
        while (!_isAcknowledged && await ReadFrameAsync() is not null)
        {
        }
    }

    /// <summary>Ends when the other side has ended the connection.</summary>
    public async Task ReadToEndAsync()
    {
        while (await ReadFrameAsync() is not null)
        {
        }
    }

    public Task WriteAsync(int type, int flags, int stream, byte[] payload)
    {
        byte[] frame = new byte[9 + payload.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, payload.Length << 8);
        frame[3] = (byte)type;
        frame[4] = (byte)flags;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), stream);
        payload.CopyTo(frame, 9);
        return connection.WriteAsync(Encoding.Latin1.GetString(frame));
    }

    /// <summary>A head, or trailers: literal fields, in as many frames as it takes.</summary>
    public async Task WriteHeadAsync(int stream, bool ends, params (string Name, string Value)[] fields)
    {
        byte[] block = Encode(fields);
        for (int start = 0, part = 0; start < block.Length || part == 0; start += MaxFrame, part++)
        {
            int flags = (ends && part == 0 ? EndStream : 0) | (start + MaxFrame >= block.Length ? EndHeaders : 0);
            await WriteAsync(part == 0 ? Headers : Continuation, flags, stream, block[start..Math.Min(block.Length, start + MaxFrame)]);
        }
    }

    public Task WriteDataAsync(int stream, bool ends, string text) => WriteAsync(Data, ends ? EndStream : 0, stream, Encoding.Latin1.GetBytes(text));

    public async Task AnswerAsync(int stream, string text = "hello")
    {
        await WriteHeadAsync(stream, false, (":status", "200"));
        await WriteDataAsync(stream, true, text);
    }

    public Task ResetAsync(int stream, int code) => WriteAsync(Reset, 0, stream, Word(code));

    /// <summary>The end of the connection: streams up to the last one are still served.</summary>
    public Task GoAwayAsync(int lastStream, int code) => WriteAsync(GoAway, 0, 0, [.. Word(lastStream), .. Word(code)]);

    /// <summary>Bytes that are no frame.</summary>
    public Task WriteTextAsync(string text) => connection.WriteAsync(text);

    private static byte[] Encode((string Name, string Value)[] fields)
    {
        using MemoryStream block = new();
        foreach ((string name, string value) in fields)
        {
            block.WriteByte(0);
            foreach (string text in new[] { name, value })
            {
                WriteLength(block, text.Length);
                block.Write(Encoding.Latin1.GetBytes(text));
            }
        }

        return block.ToArray();
    }

    // RFC 7541 section 5.1, with a prefix of 7 bits.
    private static void WriteLength(MemoryStream block, int length)
    {
        if (length < 127)
        {
            block.WriteByte((byte)length);
            return;
        }

        block.WriteByte(127);
        int rest = length - 127;
        for (; rest >= 128; rest >>= 7)
        {
            block.WriteByte((byte)((rest & 127) | 128));
        }

        block.WriteByte((byte)rest);
    }

    private static byte[] Word(int value)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        return bytes;
    }

    private async Task<(int Type, int Flags, int Stream, byte[] Payload)?> ReadFrameAsync()
    {
        if (await connection.ReadAsync(9) is not string text)
        {
            return null;
        }

        byte[] head = Encoding.Latin1.GetBytes(text);
        int length = BinaryPrimitives.ReadInt32BigEndian(head) >>> 8;
        (int type, int flags, int stream) = (head[3], head[4], BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(5)));
        if (await connection.ReadAsync(length) is not string payload)
        {
            return null;
        }

        byte[] bytes = Encoding.Latin1.GetBytes(payload);
        if (type is Data or Headers or Continuation || (type == Settings && flags != Ack))
        {
            Note($"{Names[type]} flags {flags} stream {stream}: {(type is Settings ? Convert.ToHexString(bytes) : payload)}");
        }

        _isAcknowledged |= type == Settings && flags == Ack;
        if (flags != Ack && (type is Settings || (type is Ping && AnswersPings)))
        {
            await WriteAsync(type, Ack, 0, type is Settings ? [] : bytes);
        }

        return (type, flags, stream, bytes);
    }

    private void Note(string line)
    {
        lock (_log)
        {
            _log.Append(line).Append('\n');
        }
    }
}
