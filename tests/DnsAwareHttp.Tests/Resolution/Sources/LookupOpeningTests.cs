using System.Net;
using DnsAwareHttp.Resolution;
using DnsAwareHttp.Resolution.Sources;
using DnsAwareHttp.Resolution.Wire;
using DnsAwareHttp.Tests.Fakes;
using DnsAwareHttp.Tests.Loopback;

namespace DnsAwareHttp.Tests.Resolution.Sources;

public sealed class LookupOpeningTests : IDisposable
{
    private static readonly NameServer Server = new(new IPEndPoint(IPAddress.Parse("10.0.0.1"), 53));
    private static readonly DnsSettings Settings = new([Server], [], 1, TimeSpan.FromSeconds(2), 2, Rotate: false);
    private static readonly DnsReply V4 = new DnsReply.Records([IPAddress.Parse("10.9.0.1")], TimeSpan.FromSeconds(60));
    private static readonly DnsReply V6 = new DnsReply.Records([IPAddress.Parse("2001:db8::1")], TimeSpan.FromSeconds(30));

    private readonly ManualTimeProvider _clock = new();
    private readonly CancellationTokenSource _caller = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly HeldExchange _udp;
    private readonly DnsLookup _lookup;

    public LookupOpeningTests()
    {
        _udp = new HeldExchange(_clock);
        ServerQuery query = new(_udp, _udp, _udp, new EdnsMemory(_clock), _clock);
        _lookup = new DnsLookup(new HedgedQuery(query, _clock), _clock);
    }

    public void Dispose()
    {
        _caller.Dispose();
        _stopping.Dispose();
    }

    [Fact]
    public async Task BothAreAnswered_IsTheOutcome_AndTheNextLookupUsesTheObjectAgain()
    {
        LookupOpening? before = null;
        for (int count = 0; count < 5; count++)
        {
            LookupOpening opening = Open($"n{count}.test");
            (before ?? opening).Should().BeSameAs(opening);
            before = opening;
            Held(DnsRecordType.Aaaa, count).Answers(V6);
            Held(DnsRecordType.A, count).Answers(V4);
            await opening.Settled;

            Answer.Found found = (Answer.Found)_lookup.Conclude(opening)!.Value.Answer;

            found.Addresses.Select(address => address.ToString()).Should().Equal("10.9.0.1", "2001:db8::1");
            found.Ttl.Should().Be(TimeSpan.FromSeconds(30));
        }

        _clock.ActiveTimers.Should().Be(0, "an object that rests has no timer");
    }

    [Fact]
    public async Task OneQuestion_IsAnsweredAlone()
    {
        LookupOpening opening = Open("svc.test", QuestionKind.A);
        Held(DnsRecordType.A).Answers(V4);
        await opening.Settled;

        opening.IsAboutBoth.Should().BeFalse();
        _lookup.Conclude(opening)!.Value.Answer.Should().BeOfType<Answer.Found>();
        _udp.Asked.Should().ContainSingle();
    }

    [Theory]
    [InlineData("Refusal")]
    [InlineData("Elsewhere")]
    [InlineData("Truncated")]
    [InlineData("Silence")]
    [InlineData("DenialWithoutOpt")]
    public async Task ReplyThatIsNotPlain_IsNotConcluded_AndTheLookupGoesOnWithIt(string reply)
    {
        LookupOpening opening = Open("svc.test", QuestionKind.A);
        Held(DnsRecordType.A).Answers(reply switch
        {
            "Refusal" => new DnsReply.Refusal(DnsResponseCode.ServFail),
            "Elsewhere" => new DnsReply.Elsewhere("other.test", 1, TimeSpan.FromSeconds(9)),
            "Truncated" => DnsReply.Truncated.Instance,
            "Silence" => new DnsReply.Silence("nothing"),
            _ => new DnsReply.None(EmptyReason.NxDomain, TimeSpan.FromSeconds(5)) { IsWithoutOpt = true },
        });
        await opening.Settled;

        _lookup.Conclude(opening).Should().BeNull();
        Task<DnsOutcome> rest = _lookup.GoOnAsync(opening, default);
        await Eventually.Holds(() => _udp.Asked.Count == 2, "one more question follows");
        _udp.Asked[1].Answers(V4);
        (await rest).Answer.Should().BeOfType<Answer.Found>();
    }

    [Fact]
    public async Task LostDatagram_SettlesInTime_AndTheReplyStillCounts()
    {
        LookupOpening opening = Open("svc.test");
        Task settled = opening.Settled.AsTask();
        _clock.Advance(LookupOpening.MaxLength);
        await settled;

        _lookup.Conclude(opening).Should().BeNull();
        Task<DnsOutcome> rest = _lookup.GoOnAsync(opening, default);
        Held(DnsRecordType.A).Answers(V4);
        Held(DnsRecordType.Aaaa).Answers(V6);
        ((Answer.Found)(await rest).Answer).Addresses.Should().HaveCount(2, "nothing was asked again for it");
    }

    [Fact]
    public async Task OneFamilyIsFound_TheOtherIsWaitedForAMomentOnly()
    {
        LookupOpening opening = Open("svc.test");
        Task settled = opening.Settled.AsTask();
        Held(DnsRecordType.A).Answers(V4);
        await Eventually.Holds(() => opening.FoundAt is not null, "the address is known");

        await Eventually.Holds(() => { _clock.Advance(TimeSpan.FromMilliseconds(1)); return settled.IsCompleted; }, "the moment is over");

        _clock.GetElapsedTime(opening.FoundAt!.Value).Should().BeLessThan(TimeSpan.FromSeconds(2));
        opening.IsAnswered.Should().BeFalse();
    }

    [Theory]
    [InlineData(true, 0)]
    [InlineData(true, 1)]
    [InlineData(false, 0)]
    [InlineData(false, 1)]
    public async Task Cancelled_AtAnyMoment_SettlesAndEndsTheQuestions(bool byCaller, int answers)
    {
        LookupOpening opening = Open("svc.test");
        Task settled = opening.Settled.AsTask();
        if (answers > 0)
        {
            Held(DnsRecordType.A).Answers(V4);
            await Eventually.Holds(() => opening.FoundAt is not null, "the address is known");
        }

        await (byCaller ? _caller : _stopping).CancelAsync();
        await settled;

        _lookup.Conclude(opening).Should().BeNull();
        using CancellationTokenSource ended = new();
        await ended.CancelAsync();
        Task<DnsOutcome> rest = _lookup.GoOnAsync(opening, ended.Token);
        await ((Func<Task>)(() => rest)).Should().ThrowAsync<OperationCanceledException>();
        await Eventually.Holds(() => _udp.Open == 0, "no question is left");
    }

    [Fact]
    public async Task NoPlaceIsFree_WaitsForOne()
    {
        LookupOpening[] first = [.. Enumerable.Range(0, QuestionPlaces.MaxFreshOfZone).Select(number => Open($"n{number}.zone.test", QuestionKind.A))];
        LookupOpening waiting = Open("last.zone.test", QuestionKind.A);
        Task settled = waiting.Settled.AsTask();
        _udp.Asked.Should().HaveCount(first.Length);

        _udp.Asked[0].Answers(V4);
        await first[0].Settled;
        _lookup.Conclude(first[0]).Should().NotBeNull();

        await Eventually.Holds(() => _udp.Asked.Count == first.Length + 1, "the place is free");
        _udp.Asked[^1].Query.Host.Should().Be("last.zone.test");
        _udp.Asked[^1].Answers(V4);
        await settled;
        _lookup.Conclude(waiting).Should().NotBeNull();
    }

    [Fact]
    public async Task NoPlaceIsFree_TheCallerGivesUp_LeavesThePlaceToOthers()
    {
        LookupOpening[] first = [.. Enumerable.Range(0, QuestionPlaces.MaxFreshOfZone).Select(number => Open($"n{number}.zone.test", QuestionKind.A))];
        LookupOpening other = Open("other.zone.test", QuestionKind.A);
        using CancellationTokenSource caller = new();
        LookupOpening givesUp = _lookup.Open("late.zone.test", QuestionKind.A, isKnown: false, Settings, caller.Token, default)!;
        await caller.CancelAsync();
        await givesUp.Settled;
        _lookup.Conclude(givesUp).Should().BeNull();
        Task<DnsOutcome> ended = _lookup.GoOnAsync(givesUp, caller.Token);
        await ((Func<Task>)(() => ended)).Should().ThrowAsync<OperationCanceledException>();

        _udp.Asked[0].Answers(V4);
        await first[0].Settled;
        _ = _lookup.Conclude(first[0]);

        await Eventually.Holds(() => _udp.Asked.Count == first.Length + 1, "the place is free");
        _udp.Asked[^1].Query.Host.Should().Be("other.zone.test");
        other.First.Place.Should().NotBeNull();
    }

    [Fact]
    public async Task RepliesTimerAndCancellationAtTheSameTime_SettleOnce_AndNoReplyReachesAnotherLookup()
    {
        for (int round = 0; round < 300; round++)
        {
            int before = _udp.Asked.Count;
            using CancellationTokenSource caller = new();
            LookupOpening opening = _lookup.Open($"r{round}.test", QuestionKind.Addresses, isKnown: false, Settings, caller.Token, default)!;
            IPAddress address = new([10, 8, (byte)(round >> 8), (byte)round]);
            HeldExchange.Held[] held = [.. _udp.Asked.Skip(before)];
            Task settled = opening.Settled.AsTask();
            Task[] racing =
            [
                Task.Run(() => held[0].Answer.TrySetResult(new DnsReply.Records([address], TimeSpan.FromSeconds(1)))),
                Task.Run(() => held[1].Answer.TrySetResult(new DnsReply.None(EmptyReason.NoData, TimeSpan.FromSeconds(1)))),
                Task.Run(() => round % 3 == 0 ? caller.CancelAsync() : Task.CompletedTask),
                Task.Run(() => { if (round % 2 == 0) { _clock.Advance(LookupOpening.MaxLength); } }),
            ];
            await settled;
            DnsOutcome? outcome = _lookup.Conclude(opening);
            if (outcome is null)
            {
                await Task.WhenAll(racing);
                using CancellationTokenSource end = new();
                outcome = await _lookup.GoOnAsync(opening, end.Token);
            }

            ((Answer.Found)outcome.Value.Answer).Addresses.Should().Equal([address], "it is the answer of round {0}", round);
            await Task.WhenAll(racing);
        }
    }

    private LookupOpening Open(string name, QuestionKind kind = QuestionKind.Addresses) =>
        _lookup.Open(name, kind, isKnown: false, Settings, _caller.Token, _stopping.Token)!;

    private HeldExchange.Held Held(DnsRecordType type, int number = 0) => _udp.Asked.Where(held => held.Query.Type == type).ElementAt(number);
}
