using System.Buffers.Binary;

namespace DnsAwareHttp.Pools;

/// <summary>Reads the frame headers of one direction of an HTTP/2 connection (RFC 9113 section 4.1), however the bytes are cut.</summary>
/// <param name="preface">The number of bytes before the first frame.</param>
/// <param name="onFrame">Hears of each frame when its header is complete.</param>
/// <param name="onSetting">Hears of each setting of a SETTINGS frame: identifier and value.</param>
internal sealed class FrameReader(int preface, Action<Frame> onFrame, Action<int, uint> onSetting)
{
    private const int HeaderLength = 9;
    private const int SettingLength = 6;

    private readonly byte[] _part = new byte[HeaderLength];
    private int _partLength;
    private int _skip = preface;
    private int _settings;

    /// <summary>Reads the next bytes of the direction. One caller at a time.</summary>
    public void Read(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            int taken = _skip > 0 ? Skip(bytes.Length) : Collect(bytes);
            bytes = bytes[taken..];
        }
    }

    private int Skip(int available)
    {
        int skipped = Math.Min(_skip, available);
        _skip -= skipped;
        return skipped;
    }

    private int Collect(ReadOnlySpan<byte> bytes)
    {
        int needed = _settings > 0 ? SettingLength : HeaderLength;
        int taken = Math.Min(needed - _partLength, bytes.Length);
        bytes[..taken].CopyTo(_part.AsSpan(_partLength));
        _partLength += taken;
        if (_partLength == needed)
        {
            _partLength = 0;
            EndPart();
        }

        return taken;
    }

    private void EndPart()
    {
        if (_settings > 0)
        {
            _settings--;
            onSetting(BinaryPrimitives.ReadUInt16BigEndian(_part), BinaryPrimitives.ReadUInt32BigEndian(_part.AsSpan(2)));
            return;
        }

        int length = (_part[0] << 16) | (_part[1] << 8) | _part[2];
        Frame frame = new((FrameType)_part[3], _part[4], BinaryPrimitives.ReadInt32BigEndian(_part.AsSpan(5)) & int.MaxValue);
        onFrame(frame);
        _settings = frame.Type is FrameType.Settings ? length / SettingLength : 0;
        _skip = _settings > 0 ? 0 : length;
    }
}

/// <summary>The header of one frame.</summary>
/// <param name="Type">The type.</param>
/// <param name="Flags">The flags, whose meaning depends on the type.</param>
/// <param name="Stream">The stream identifier.</param>
internal readonly record struct Frame(FrameType Type, byte Flags, int Stream)
{
    /// <summary>Whether END_STREAM is set. Only HEADERS and DATA have it.</summary>
    public bool EndsStream => Type is FrameType.Headers or FrameType.Data && (Flags & 1) != 0;

    /// <summary>Whether ACK is set. Only SETTINGS and PING have it.</summary>
    public bool IsAck => Type is FrameType.Settings && (Flags & 1) != 0;
}

/// <summary>The types of frames that matter here (RFC 9113 section 6).</summary>
internal enum FrameType : byte
{
    Data = 0,
    Headers = 1,
    ResetStream = 3,
    Settings = 4,
    GoAway = 7,
}
