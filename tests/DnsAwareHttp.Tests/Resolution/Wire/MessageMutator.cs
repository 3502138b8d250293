using DnsAwareHttp.Resolution.Wire;

namespace DnsAwareHttp.Tests.Resolution.Wire;

/// <summary>Makes wrong messages of right ones; the same number makes the same message again.</summary>
/// <remarks>Not for several threads at once: each has its own.</remarks>
/// <param name="corpus">Right messages.</param>
/// <param name="fuzzed">Messages that may be malformed. They cannot be taken apart, so only their bytes are changed.</param>
/// <param name="seed">Another seed makes other messages.</param>
internal sealed class MessageMutator(IReadOnlyList<CapturedAnswer> corpus, IReadOnlyList<CapturedAnswer> fuzzed, int seed)
{
    private const int Most = 65_535;

    private static readonly uint[] Ttls = [0, 1, 59, 300, 86_400, int.MaxValue, 0x8000_0000, 0xFFFF_FFFF];
    private static readonly ushort[] Types = [1, 28, 5, 6, 41, 2, 16, 33, 39, 255, 0];
    private static readonly ushort[] Classes = [1, 3, 4, 254, 255, 0];
    private static readonly int[] Lengths = [0, 1, 3, 4, 5, 15, 16, 17, 20, 64];

    private readonly MessageDraft _draft = new();
    private Random _random = new(seed);

    /// <summary>One message, and the question to which it comes.</summary>
    public (DnsQuery Query, ushort Id, byte[] Message) Make(int number)
    {
        _random = new Random(unchecked((seed * 486_187_739) + number));
        bool isFuzzed = _random.Next(4) == 0;
        CapturedAnswer answer = isFuzzed ? fuzzed[_random.Next(fuzzed.Count)] : Pick();
        byte[] message = !isFuzzed && _random.Next(10) < 7 ? Redrafted(answer) : [.. answer.Message];
        int blind = isFuzzed ? _random.Next(1, 4) : _random.Next(10) < 7 ? 0 : _random.Next(1, 4);
        for (; blind > 0; blind--)
        {
            message = Blindly(message);
        }

        DnsQuery query = _random.Next(20) == 0 ? answer.Query with { LinksLeft = _random.Next(17) } : answer.Query;
        return (query, answer.Id, message);
    }

    // The few large ones cost as much as a hundred others.
    private CapturedAnswer Pick()
    {
        CapturedAnswer answer = corpus[_random.Next(corpus.Count)];
        return answer.Message.Length > 1_000 && _random.Next(16) > 0 ? Pick() : answer;
    }

    private byte[] Redrafted(CapturedAnswer answer)
    {
        _draft.Load(answer.Message);
        for (int count = _random.Next(1, 5); count > 0; count--)
        {
            Mutate();
        }

        return _draft.Build();
    }

    private void Mutate()
    {
        switch (_random.Next(20))
        {
            case 0:
                MutateHeader();
                break;
            case 1:
                MutateQuestion();
                break;
            case 2:
                _draft.Counts[_random.Next(4)] = _random.Next(4) switch { 0 => 0, 1 => Most, 2 => _random.Next(8), _ => _random.Next(Most) };
                break;
            case 3:
                (_draft.Compresses, _draft.NestsPointers) = _random.Next(2) == 0 ? (false, false) : (true, true);
                break;
            case 4:
                _draft.WildPointers = _random;
                break;
            case 5:
                Chain();
                break;
            case 6:
                _draft.Records.Add(new DraftRecord(_random.Next(3), [0], 41, 1232, (uint)_random.Next(4) << 24, []));
                break;
            case 7:
                _draft.Records.Add(new DraftRecord(_random.Next(3), AnyName(), 6, 1, Any(Ttls), [0, 0, .. new byte[16], 0, 0, 0, (byte)_random.Next(256)]));
                break;
            default:
                if (_draft.Records.Count > 0)
                {
                    MutateRecord(_random.Next(_draft.Records.Count));
                }

                break;
        }
    }

    private void MutateHeader()
    {
        switch (_random.Next(6))
        {
            case 0:
                _draft.Id ^= (ushort)(1 << _random.Next(16));
                break;
            case 1:
                _draft.Flags = (ushort)_random.Next(0x1_0000);
                break;
            case 2:
                _draft.Flags = (ushort)((_draft.Flags & 0xFFF0) | _random.Next(16));
                break;
            default:
                _draft.Flags ^= (ushort)(1 << _random.Next(16));
                break;
        }
    }

    private void MutateQuestion()
    {
        if (_draft.Questions.Count == 0 || _random.Next(6) == 0)
        {
            _draft.Questions.Add(new DraftRecord(-1, AnyName(), Any(Types), Any(Classes), 0, []));
            return;
        }

        DraftRecord question = _draft.Questions[0];
        switch (_random.Next(5))
        {
            case 0:
                _draft.Questions.Clear();
                break;
            case 1:
                question.Type = Any(Types);
                break;
            case 2:
                question.Class = Any(Classes);
                break;
            case 3:
                question.Owner = OtherCase(question.Owner);
                break;
            default:
                question.Owner = AnyName();
                break;
        }
    }

    private void MutateRecord(int index)
    {
        DraftRecord record = _draft.Records[index];
        switch (_random.Next(13))
        {
            case 0:
                _draft.Records.RemoveAt(index);
                break;
            case 1:
                _draft.Records.Add(record.Copy());
                break;
            case 2:
                (_draft.Records[0], _draft.Records[index]) = (record, _draft.Records[0]);
                break;
            case 3:
                record.Section = _random.Next(3);
                break;
            case 4:
                record.Type = Any(Types);
                break;
            case 5:
                record.Class = Any(Classes);
                break;
            case 6:
                record.Ttl = Any(Ttls);
                break;
            case 7:
                record.Data = new byte[Any(Lengths)];
                _random.NextBytes(record.Data);
                record.Target = null;
                break;
            case 8:
                record.LengthError = _random.Next(4) switch { 0 => 1, 1 => -1, 2 => _random.Next(-20, 20), _ => _random.Next(Most) };
                break;
            case 9:
                record.Owner = AnyName();
                break;
            case 10:
                record.Owner = OtherCase(record.Owner);
                break;
            case 11:
                (record.Type, record.Target) = (5, AnyName());
                break;
            default:
                record.Target = record.Target is null ? null : OtherCase(record.Target);
                break;
        }
    }

    // So many aliases between the question and what is said of its name; now and then in a circle, or in another order.
    private void Chain()
    {
        if (_draft.Questions.Count == 0)
        {
            return;
        }

        int links = _random.Next(1, 20);
        byte[] asked = _draft.Questions[0].Owner;
        byte[] last = [2, (byte)'z', (byte)('a' + links), 0];
        foreach (DraftRecord record in _draft.Records.Where(record => record.Owner.AsSpan().SequenceEqual(asked)))
        {
            record.Owner = last;
        }

        for (int link = 0; link < links; link++)
        {
            byte[] owner = link == 0 ? asked : [2, (byte)'z', (byte)('a' + link), 0];
            byte[] target = link == links - 1 && _random.Next(8) == 0 ? asked : [2, (byte)'z', (byte)('a' + link + 1), 0];
            DraftRecord alias = new(0, owner, 5, 1, Any(Ttls), []) { Target = target };
            _draft.Records.Insert(_random.Next(_draft.Records.Count + 1), alias);
        }
    }

    private byte[] AnyName()
    {
        switch (_random.Next(8))
        {
            case 0:
                return [0];
            case 1:
                return [8, .. "one.test"u8, 0];
            case 2:
                return [3, (byte)_random.Next(256), (byte)_random.Next(256), (byte)_random.Next(256), 0];
            case 3:
                return Long(_random.Next(120, 132), 1);
            case 4:
                return Long(_random.Next(3, 5), _random.Next(61, 65));
            case 5 when _draft.Questions.Count > 0:
                return _draft.Questions[0].Owner;
            default:
                return _draft.Records.Count == 0 ? [0] : _random.Next(2) == 0 ? AnyRecord().Owner : AnyRecord().Target ?? AnyRecord().Owner;
        }
    }

    private DraftRecord AnyRecord() => _draft.Records[_random.Next(_draft.Records.Count)];

    private static byte[] Long(int labels, int length)
    {
        byte[] name = new byte[(labels * (length + 1)) + 1];
        name.AsSpan(0, name.Length - 1).Fill((byte)'l');
        for (int label = 0; label < labels; label++)
        {
            name[label * (length + 1)] = (byte)length;
        }

        return name;
    }

    private byte[] OtherCase(byte[] name)
    {
        byte[] other = [.. name];
        for (int index = 1; index < other.Length; index++)
        {
            // Lengths are below 64, and a letter is not.
            other[index] ^= other[index] is >= 0x41 and < 0x7B && _random.Next(2) == 0 ? (byte)0x20 : (byte)0;
        }

        return other;
    }

    private byte[] Blindly(byte[] message)
    {
        // The header and the question are mostly spared, or nothing behind them would ever be read.
        int first = message.Length > 30 && _random.Next(8) > 0 ? 26 : 0;
        int at = message.Length == 0 ? 0 : _random.Next(first, message.Length);
        switch (_random.Next(7))
        {
            case 0:
                return message[..at];
            case 1:
                byte[] tail = new byte[_random.Next(40)];
                _random.NextBytes(tail);
                return [.. message, .. tail];
            case 2:
                CapturedAnswer other = Pick();
                return [.. message.AsSpan(0, at), .. other.Message.AsSpan(Math.Min(at, other.Message.Length))];
            case 3:
                return [.. message.AsSpan(0, at), (byte)_random.Next(256), .. message.AsSpan(at)];
            case 4 when message.Length > 0:
                return [.. message.AsSpan(0, at), .. message.AsSpan(at + 1)];
            case 5 when message.Length > 0:
                message[at] = _random.Next(4) switch { 0 => 0xC0, 1 => (byte)_random.Next(64), 2 => 0, _ => (byte)_random.Next(256) };
                return message;
            default:
                if (message.Length > 0)
                {
                    message[at] ^= (byte)(1 << _random.Next(8));
                }

                return message;
        }
    }

    private T Any<T>(T[] values) => values[_random.Next(values.Length)];
}
