using DnsAwareHttp.Resolution.Wire;
using DnsAwareHttp.Tests.Fakes;

namespace DnsAwareHttp.Tests.Resolution.Wire;

public sealed class PendingQuestionsTests
{
    private static readonly DnsQuery Query = new("svc.test", DnsRecordType.A);

    private readonly ManualTimeProvider _time = new();
    private readonly PendingQuestions _questions;

    public PendingQuestionsTests() => _questions = new PendingQuestions(_time);

    [Fact]
    public async Task Deliver_RepliesInAnyOrder_EachGoesToItsQuestion()
    {
        PendingQuestions.Pending first = _questions.TryAdd(Query)!;
        PendingQuestions.Pending second = _questions.TryAdd(Query with { Host = "other.test" })!;

        _questions.Deliver(Reply(second)).Should().BeTrue();
        _questions.Deliver(Reply(first)).Should().BeTrue();

        (await second.Reply).Should().BeOfType<DnsReply.Refusal>();
        (await first.Reply).Should().BeOfType<DnsReply.Refusal>();
        _questions.Remove(first).Should().BeFalse("another question is under way");
        _questions.Remove(second).Should().BeTrue();
        _questions.IsClosed.Should().BeFalse();
    }

    [Fact]
    public void Deliver_UnknownIdOrOtherQuestion_CompletesNothing()
    {
        PendingQuestions.Pending question = _questions.TryAdd(Query)!;

        _questions.Deliver([]).Should().BeFalse();
        _questions.Deliver(Reply(question.Query, (ushort)(question.Id + 1))).Should().BeFalse();
        _questions.Deliver(Reply(question.Query with { Host = "other.test" }, question.Id)).Should().BeFalse();

        question.Reply.IsCompleted.Should().BeFalse();
    }

    [Fact]
    public void Remove_NothingCameForTooLong_TakesNoMoreQuestions()
    {
        PendingQuestions.Pending question = _questions.TryAdd(Query)!;
        _time.Advance(PendingQuestions.DoubtAfter);

        _questions.Remove(question).Should().BeTrue();

        _questions.IsClosed.Should().BeTrue();
        _questions.TryAdd(Query).Should().BeNull();
    }

    [Fact]
    public void Remove_OtherRepliesCameMeanwhile_TakesMoreQuestions()
    {
        PendingQuestions.Pending question = _questions.TryAdd(Query)!;
        _time.Advance(PendingQuestions.DoubtAfter);
        _questions.Deliver([1, 2]);

        _questions.Remove(question);

        _questions.IsClosed.Should().BeFalse();
    }

    [Fact]
    public void TryClose_WhileAQuestionIsUnderWay_DoesNothing()
    {
        PendingQuestions.Pending question = _questions.TryAdd(Query)!;

        _questions.TryClose().Should().BeFalse();
        _questions.IsClosed.Should().BeFalse();
        _questions.Remove(question);
        _questions.TryClose().Should().BeTrue();

        _questions.TryAdd(Query).Should().BeNull();
    }

    [Fact]
    public async Task CloseAll_QuestionsEndWithoutAReply()
    {
        PendingQuestions.Pending question = _questions.TryAdd(Query)!;

        _questions.CloseAll();

        (await question.Reply).Should().BeNull();
        _questions.TryAdd(Query).Should().BeNull();
    }

    [Fact]
    public void TryAdd_TooMany_TakesNoMoreUntilOneEnds()
    {
        List<PendingQuestions.Pending> taken = [];
        while (taken.Count < 10_000 && _questions.TryAdd(Query) is PendingQuestions.Pending question)
        {
            taken.Add(question);
        }

        taken.Should().HaveCount(1024);
        taken.Select(question => question.Id).Should().OnlyHaveUniqueItems();
        _questions.Remove(taken[0]);
        _questions.TryAdd(Query).Should().NotBeNull();
    }

    private static byte[] Reply(PendingQuestions.Pending question) => Reply(question.Query, question.Id);

    /// <summary>The question, sent back as a refusal.</summary>
    private static byte[] Reply(DnsQuery query, ushort id)
    {
        byte[] message = new byte[DnsMessageWriter.MaxLength];
        DnsMessageWriter.Write(query with { Edns = false }, id, message, out int length).Should().Be(NameProblem.None);
        message[2] |= 0x80;
        message[3] = (byte)DnsResponseCode.Refused;
        return message[..length];
    }
}
