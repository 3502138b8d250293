using System.Runtime.CompilerServices;
using DnsAwareHttp.Concurrency;
using DnsAwareHttp.Diagnostics;
using DnsAwareHttp.Resolution.Sources;

namespace DnsAwareHttp.Resolution;

/// <summary>Asks the resolver. Every outcome is an answer: an exception, null or silence is <see cref="Answer.Failed"/>.</summary>
/// <param name="resolver">The resolver, which may be code of the application.</param>
/// <param name="clock">The clock.</param>
/// <param name="stopping">Ends all questions: the cache was disposed.</param>
internal sealed class NameAsker(INameResolver resolver, SteadyClock clock, CancellationToken stopping)
{
    /// <summary>The longest time that one question may take, whatever the resolver does.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(5);

    private const int MaxSpare = 128;

    private readonly SpareObjects<AnswerWait> _spare = new(MaxSpare);

    /// <param name="question">The question.</param>
    /// <param name="known">The last good answer; null if no address is known.</param>
    public ValueTask<Answer> AskAsync(Question question, Answer.Found? known = null)
    {
        if (question.Kind is QuestionKind.Service && resolver is not (IQuestionResolver or NameResolver))
        {
            return ValueTask.FromResult(CannotAskForServices(resolver, question.Name));
        }

        if (resolver is IFamilyResolver)
        {
            return AskOwnAsync(question, known);
        }

        // Resolvers of the application are not asked about local names.
        return question.Kind is not QuestionKind.Service && LocalNames.TryResolve(question.Name, question.Family, out Answer? local)
            ? ValueTask.FromResult(local)
            : new ValueTask<Answer>(AskResolverAsync(question, known));
    }

    /// <summary>The outcome where SRV records are wanted of a resolver that knows none.</summary>
    public static Answer CannotAskForServices(INameResolver resolver, string service) => new Answer.Failed(
        $"{resolver.GetType()} cannot be asked for SRV records; make the DnsCache without a resolver of your own, "
        + $"override {nameof(NameResolver)}.{nameof(NameResolver.ResolveServiceAsync)}, "
        + $"or leave {service} out of ServiceRecords and ServiceRecordSelector");

    // The library's own resolver needs no second thread, and no token that its registrations cannot harm.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Answer> AskOwnAsync(Question question, Answer.Found? known)
    {
        AnswerWait wait = _spare.Take(static asker => asker.NewWait(), this);
        bool isSpare = false;
        try
        {
            wait.Begin(Deadline);
            if (!await wait.ForAsync(CallResolver(question, known, wait.Token)).ConfigureAwait(false))
            {
                return TooLate(wait.Queueing);
            }

            Answer outcome = Sourced(Suiting(question, wait.Answer()));

            // What is late of the answer has the token.
            isSpare = outcome is not Answer.Found { Rest: not null };
            return outcome;
        }
        catch (OperationCanceledException) when (wait.Token.IsCancellationRequested)
        {
            return TooLate(wait.Queueing);
        }
        catch (Exception exception)
        {
            return new Answer.Failed(exception.Message, exception);
        }
        finally
        {
            if (!isSpare || !wait.TryReset() || !_spare.TryKeep(wait))
            {
                wait.Dispose();
            }
        }
    }

    private AnswerWait NewWait() => new(clock.Provider, stopping);

    private Answer Sourced(Answer outcome) => outcome.Source is null ? outcome.From(resolver.GetType().Name) : outcome;

    private Answer.Failed TooLate(TimeSpan queueing) =>
        new(stopping.IsCancellationRequested ? "the cache was disposed" : NoAnswer(queueing)) { ErrorType = ErrorTypes.Timeout };

    private async Task<Answer> AskResolverAsync(Question question, Answer.Found? known)
    {
        using NetworkDeadline deadline = new(Deadline, clock.Provider, stopping);

        // The resolver gets a token that is linked to no other one. Its registrations are code of the application: they may throw or block,
        // and a timer that runs them would end the process.
        CancellationTokenSource ended = new();
        Task<Answer>? answer = null;
        try
        {
            // A resolver of the application that ignores its token, or blocks its thread, must not hold the name for ever.
            answer = Task.Run(() => CallResolver(question, known, ended.Token).AsTask(), CancellationToken.None);
            return Sourced(Suiting(question, await answer.WaitAsync(deadline.Token).ConfigureAwait(false)));
        }
        catch (OperationCanceledException) when (deadline.Token.IsCancellationRequested)
        {
            // After the deadline it may still fail. No code awaits it then.
            answer?.Forget();
            ended.CancelAsync().Forget();
            return TooLate(deadline.Queueing);
        }
        catch (Exception exception)
        {
            return new Answer.Failed(exception.Message, exception);
        }
    }

    private Answer Suiting(Question question, Answer? answer) => answer switch
    {
        null => new Answer.Failed($"{resolver.GetType()} returned null"),
        Answer.Found { IsService: false } when question.Kind is QuestionKind.Service => new Answer.Failed(
            $"{resolver.GetType()} returned addresses for the service {question.Name}; "
            + $"{nameof(Answer)}.{nameof(Answer.ForService)} makes its answer"),
        _ => answer,
    };

    private static string NoAnswer(TimeSpan queueing) =>
        $"no answer within {Deadline.TotalSeconds:0} s"
        + (queueing > TimeSpan.Zero ? $"; the thread pool is exhausted: work waits {queueing.TotalSeconds:0.0} s for a thread" : "");

    private ValueTask<Answer> CallResolver(Question question, Answer.Found? known, CancellationToken cancellationToken) =>
        resolver switch
        {
            IQuestionResolver any => any.ResolveAsync(question, known, cancellationToken),
            IFamilyResolver byFamily => byFamily.ResolveAsync(question.Name, question.Family, cancellationToken),
            NameResolver named when question.Kind is QuestionKind.Service => named.ResolveServiceAsync(question.Name, cancellationToken),
            NameResolver named => named.ResolveAsync(question.Name, question.Family, cancellationToken),
            _ => resolver.ResolveAsync(question.Name, cancellationToken),
        };
}
