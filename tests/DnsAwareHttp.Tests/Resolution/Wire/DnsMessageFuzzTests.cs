using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using DnsAwareHttp.Resolution.Wire;
using DnsAwareHttp.Tests.Simulation;
using Xunit.Abstractions;

namespace DnsAwareHttp.Tests.Resolution.Wire;

/// <summary>A million wrong messages, made of what real servers answered and of what a coverage-guided fuzzer found.</summary>
/// <remarks>
/// <c>DNSAWARE_FUZZ_SEED</c> makes others, <c>DNSAWARE_FUZZ_MESSAGES</c> more of them. A failure names its seed and number; <c>DNSAWARE_FUZZ_ONLY</c> set to the number
/// makes that one message again.
/// </remarks>
[Collection(nameof(Alone))]
public sealed class DnsMessageFuzzTests(ITestOutputHelper output)
{
    private const int Margin = 64;

    private static readonly int Seed = Setting("DNSAWARE_FUZZ_SEED", 20_261_121);
    private static readonly int Count = Setting("DNSAWARE_FUZZ_MESSAGES", 1_000_000);
    private static readonly int Only = Setting("DNSAWARE_FUZZ_ONLY", -1);

    private readonly ConcurrentQueue<string> _problems = new();
    private readonly ConcurrentDictionary<string, int> _outcomes = new();
    private long _worst;
    private long _bytes;

    [Fact]
    public void AMillionMutations_AreReadAsThePlainReaderReadsThem()
    {
        long start = Stopwatch.GetTimestamp();
        TimeSpan used = Environment.CpuUsage.TotalTime;
        if (Only >= 0)
        {
            Run(Only, Only + 1);
        }
        else
        {
            Parallel.ForEach(Partitioner.Create(0, Count, 10_000), range => Run(range.Item1, range.Item2));
        }

        TimeSpan worst = Stopwatch.GetElapsedTime(0, _worst);
        used = Environment.CpuUsage.TotalTime - used;
        output.WriteLine(
            $"{_outcomes.Values.Sum():N0} messages of {_bytes:N0} bytes in {Stopwatch.GetElapsedTime(start).TotalSeconds:0.0} s, {used.TotalSeconds:0.0} s of processor time; reading one took at most {worst.TotalMicroseconds:0} µs.");
        output.WriteLine(string.Join(", ", _outcomes.OrderByDescending(pair => pair.Value).Select(pair => $"{pair.Key} {pair.Value:N0}")));
        _problems.Take(5).Should().BeEmpty();
        if (Only < 0)
        {
            _outcomes.Keys.Should().Contain([nameof(DnsReply.Records), nameof(DnsReply.None), nameof(DnsReply.Elsewhere), nameof(DnsReply.Refusal), nameof(DnsReply.Truncated), nameof(DnsReply.NotOurs), nameof(DnsReply.Malformed)]);
        }
    }

    private void Run(int first, int end)
    {
        MessageMutator mutator = new(CapturedAnswer.All, CapturedAnswer.Fuzzed, Seed);
        Dictionary<string, int> outcomes = [];
        byte[] poisoned = new byte[Margin + 80_000 + Margin];
        long worst = 0;
        long bytes = 0;
        for (int number = first; number < end; number++)
        {
            (DnsQuery query, ushort id, byte[] message) = mutator.Make(number);
            try
            {
                long began = Stopwatch.GetTimestamp();
                DnsReply reply = DnsMessageReader.Read(message, query, id);
                if (Stopwatch.GetTimestamp() - began > worst)
                {
                    worst = Math.Max(worst, LeastTime(message, query, id));
                }

                bytes += message.Length;
                outcomes[reply.GetType().Name] = outcomes.GetValueOrDefault(reply.GetType().Name) + 1;
                if (ProblemWith(reply, message, query, id, poisoned, (byte)number) is string problem)
                {
                    Report(number, query, id, message, problem);
                }
            }
            catch (Exception exception)
            {
                Report(number, query, id, message, exception.ToString());
            }
        }

        Merge(outcomes, worst, bytes);
    }

    // The machine has other things to do: the shortest of a few is what the message costs.
    private static long LeastTime(byte[] message, DnsQuery query, ushort id)
    {
        long least = long.MaxValue;
        for (int round = 0; round < 5; round++)
        {
            long began = Stopwatch.GetTimestamp();
            _ = DnsMessageReader.Read(message, query, id);
            least = Math.Min(least, Stopwatch.GetTimestamp() - began);
        }

        return least;
    }

    private static string? ProblemWith(DnsReply reply, byte[] message, DnsQuery query, ushort id, byte[] poisoned, byte poison)
    {
        // What lies before and behind the message in its buffer changes nothing, and neither does reading it again.
        Span<byte> around = poisoned.AsSpan(0, message.Length + (2 * Margin));
        around[..Margin].Fill(poison);
        around[^Margin..].Fill((byte)~poison);
        message.CopyTo(around[Margin..]);
        if (!DnsMessageReader.Read(around[Margin..^Margin], query, id).SaysTheSameAs(reply))
        {
            return "the bytes around the message matter";
        }

        return !PlainReader.Read(message, query, id).SaysTheSameAs(reply) ? $"the plain reader says: {PlainReader.Read(message, query, id).InWords()}"
            : reply.IsAccepted() && !Answers(message, query, id) ? "accepted as the answer to another question"
            : WrongIn(reply, query);
    }

    private static string? WrongIn(DnsReply reply, DnsQuery query)
    {
        switch (reply)
        {
            case DnsReply.Records { Targets: { } targets } records:
                return query.Type != DnsRecordType.Srv || !records.Addresses.IsEmpty ? "targets of a service that was not asked for"
                    : targets.Length > ServiceReader.MaxTargets ? "too many targets"
                    : targets.Any(target => target.Host.Length == 0 || target.Port is < 1 or > ushort.MaxValue) ? "a target that cannot be connected to"
                    : IsTtl(records.Ttl) ? null : "no TTL";
            case DnsReply.Records records:
                AddressFamily family = query.Type == DnsRecordType.A ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6;
                return records.Addresses.IsDefaultOrEmpty || records.Addresses.Length > AddressReader.MaxAddresses ? "no addresses, or too many"
                    : records.Addresses.Any(address => address.AddressFamily != family) ? "an address of another family"
                    : IsTtl(records.Ttl) ? null : "no TTL";
            case DnsReply.None none:
                return IsTtl(none.NegativeTtl) ? null : "no TTL";
            case DnsReply.Elsewhere elsewhere:
                return !IsTtl(elsewhere.Ttl) ? "no TTL"
                    : elsewhere.Links < 1 || elsewhere.Links > query.LinksLeft ? "too many links"
                    : elsewhere.Target.Length == 0 || DnsMessageWriter.ProblemOf(elsewhere.Target) != NameProblem.None ? "a target that cannot be asked for" : null;
            default:
                return null;
        }
    }

    private static bool IsTtl(TimeSpan ttl) => ttl >= TimeSpan.Zero && ttl <= TimeSpan.FromSeconds(int.MaxValue);

    // Byte by byte, without a reader: id, QR, opcode, one question, and that question.
    private static bool Answers(byte[] message, DnsQuery query, ushort id)
    {
        byte[] question = new byte[DnsMessageWriter.MaxLength];
        _ = DnsMessageWriter.Write(query with { Edns = false }, id, question, out int length);
        bool isAnswer = message[0] == question[0] && message[1] == question[1] && (message[2] & 0xF8) == 0x80 && message[4] == 0 && message[5] == 1;
        return isAnswer && message.Length >= length
            && Ascii.EqualsIgnoreCase(message.AsSpan(12, length - 16), question.AsSpan(12, length - 16))
            && message.AsSpan(length - 4, 4).SequenceEqual(question.AsSpan(length - 4, 4));
    }

    private void Merge(Dictionary<string, int> outcomes, long worst, long bytes)
    {
        foreach ((string outcome, int count) in outcomes)
        {
            _outcomes.AddOrUpdate(outcome, count, (_, before) => before + count);
        }

        Interlocked.Add(ref _bytes, bytes);
        long before;
        while (worst > (before = Interlocked.Read(ref _worst)) && Interlocked.CompareExchange(ref _worst, worst, before) != before)
        {
        }
    }

    private void Report(int number, DnsQuery query, ushort id, byte[] message, string problem) =>
        _problems.Enqueue($"DNSAWARE_FUZZ_SEED={Seed} DNSAWARE_FUZZ_ONLY={number}: {query} under {id}: {problem}\n{Convert.ToHexStringLower(message)}");

    private static int Setting(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.None, CultureInfo.InvariantCulture, out int value) ? value : otherwise;
}
