using System.Buffers.Binary;

namespace DnsAwareHttp.Tests.Resolution.Wire;

/// <summary>A DNS message taken apart, so that it can be changed where it hurts and put together again, its names compressed anew.</summary>
internal sealed class MessageDraft
{
    private readonly byte[] _target = new byte[80_000];
    private readonly List<(byte[] Name, int At)> _written = [];
    private int _length;

    public ushort Id { get; set; }

    public ushort Flags { get; set; }

    public List<DraftRecord> Questions { get; } = [];

    public List<DraftRecord> Records { get; } = [];

    /// <summary>What the header says instead of the right counts; -1 for the right one.</summary>
    public int[] Counts { get; } = [-1, -1, -1, -1];

    /// <summary>Where pointers lead instead of to an earlier occurrence, now and then; null for right ones only.</summary>
    public Random? WildPointers { get; set; }

    public bool Compresses { get; set; }

    /// <summary>Whether a pointer leads to the last pointer to the same name, if there is one.</summary>
    public bool NestsPointers { get; set; }

    /// <summary>Takes a right message apart.</summary>
    public void Load(byte[] message)
    {
        Questions.Clear();
        Records.Clear();
        Counts.AsSpan().Fill(-1);
        (Id, Flags, WildPointers, Compresses, NestsPointers) = (Word(message, 0), Word(message, 2), null, true, false);
        int at = 12;
        for (int left = Word(message, 4); left > 0; left--)
        {
            byte[] name = NameAt(message, ref at);
            Questions.Add(new DraftRecord(-1, name, Word(message, at), Word(message, at + 2), 0, []));
            at += 4;
        }

        for (int section = 0; section < 3; section++)
        {
            for (int left = Word(message, 6 + (2 * section)); left > 0; left--)
            {
                byte[] owner = NameAt(message, ref at);
                int dataAt = at + 10;
                ushort type = Word(message, at);
                byte[] data = message[dataAt..(dataAt + Word(message, at + 8))];
                DraftRecord record = new(section, owner, type, Word(message, at + 2), BinaryPrimitives.ReadUInt32BigEndian(message.AsSpan(at + 4)), data);
                if (type is 2 or 5)
                {
                    record.Target = NameAt(message, ref dataAt);
                }
                else if (type == 6)
                {
                    record.Data = [.. NameAt(message, ref dataAt), .. NameAt(message, ref dataAt), .. message.AsSpan(dataAt, 20)];
                }

                Records.Add(record);
                at += 10 + Word(message, at + 8);
            }
        }
    }

    /// <summary>Puts it together.</summary>
    public byte[] Build()
    {
        _written.Clear();
        _length = 12;
        foreach (DraftRecord question in Questions)
        {
            Write(question.Owner);
            Write(question.Type);
            Write(question.Class);
        }

        for (int section = 0; section < 3; section++)
        {
            foreach (DraftRecord record in Records)
            {
                if (record.Section == section && _length < 65_000)
                {
                    Write(record);
                }
            }
        }

        Span<byte> header = _target;
        BinaryPrimitives.WriteUInt16BigEndian(header, Id);
        BinaryPrimitives.WriteUInt16BigEndian(header[2..], Flags);
        for (int part = 0; part < 4; part++)
        {
            int right = part == 0 ? Questions.Count : Records.Count(record => record.Section == part - 1);
            BinaryPrimitives.WriteUInt16BigEndian(header[(4 + (2 * part))..], (ushort)(Counts[part] < 0 ? right : Counts[part]));
        }

        return _target[.._length];
    }

    public static ushort Word(byte[] message, int at) => (ushort)((message[at] << 8) | message[at + 1]);

    private void Write(DraftRecord record)
    {
        Write(record.Owner);
        Write(record.Type);
        Write(record.Class);
        Write((ushort)(record.Ttl >> 16));
        Write((ushort)record.Ttl);
        int lengthAt = _length;
        _length += 2;
        if (record.Target is byte[] target)
        {
            Write(target);
        }
        else
        {
            record.Data.CopyTo(_target, _length);
            _length += record.Data.Length;
        }

        int length = _length - lengthAt - 2 + record.LengthError;
        BinaryPrimitives.WriteUInt16BigEndian(_target.AsSpan(lengthAt), (ushort)length);
    }

    private void Write(byte[] name)
    {
        if (WildPointers is Random random && random.Next(8) == 0)
        {
            // Anywhere, a little before, here, or a little behind; seldom into the header.
            int to = random.Next(4) switch { 0 => random.Next(0x4000), 1 => _length, 2 => _length + random.Next(4), _ => Math.Max(0, _length - random.Next(40)) };
            Write((ushort)(0xC000 | (to & 0x3FFF)));
            return;
        }

        if (Compresses && name.Length > 1)
        {
            for (int index = 0; index < _written.Count; index++)
            {
                (byte[] earlier, int at) = _written[index];
                if (at < 0x4000 && earlier.AsSpan().SequenceEqual(name))
                {
                    _written[index] = (earlier, NestsPointers ? _length : at);
                    Write((ushort)(0xC000 | at));
                    return;
                }

                // All but the first label, as most servers do.
                int first = name[0] + 1;
                if (!NestsPointers && first < name.Length - 1 && earlier.AsSpan().EndsWith(name.AsSpan(first)) && at + earlier.Length - name.Length + first < 0x4000)
                {
                    name.AsSpan(0, first).CopyTo(_target.AsSpan(_length));
                    _length += first;
                    Write((ushort)(0xC000 | (at + earlier.Length - name.Length + first)));
                    return;
                }
            }

            if (_written.Count < 16)
            {
                _written.Add((name, _length));
            }
        }

        name.CopyTo(_target, _length);
        _length += name.Length;
    }

    private void Write(ushort word)
    {
        BinaryPrimitives.WriteUInt16BigEndian(_target.AsSpan(_length), word);
        _length += 2;
    }

    // Of a message that a real server sent: nothing is checked.
    private static byte[] NameAt(byte[] message, ref int at)
    {
        List<byte> name = [];
        int behind = -1;
        int position = at;
        while (message[position] != 0)
        {
            if (message[position] >= 0xC0)
            {
                behind = behind < 0 ? position + 2 : behind;
                position = Word(message, position) & 0x3FFF;
            }
            else
            {
                name.AddRange(message.AsSpan(position, message[position] + 1));
                position += message[position] + 1;
            }
        }

        at = behind < 0 ? position + 1 : behind;
        return [.. name, 0];
    }
}
