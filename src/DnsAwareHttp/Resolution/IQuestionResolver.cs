namespace DnsAwareHttp.Resolution;

/// <summary>A resolver that can be asked questions of every kind.</summary>
internal interface IQuestionResolver : INameResolver
{
    /// <summary>Asks once, without caching.</summary>
    /// <remarks>An answer to <see cref="QuestionKind.Service"/> has <see cref="Answer.Found.Targets"/> and no addresses.</remarks>
    /// <param name="question">The question.</param>
    /// <param name="cancellationToken">As with <see cref="INameResolver.ResolveAsync"/>.</param>
    ValueTask<Answer> ResolveAsync(Question question, CancellationToken cancellationToken);

    /// <summary>As <see cref="ResolveAsync(Question, CancellationToken)"/>, with what is known. The answer may have a rest.</summary>
    /// <param name="question">The question.</param>
    /// <param name="known">The last good answer, which is in use; null if no address is known. A failure leaves it in use.</param>
    /// <param name="cancellationToken">As with <see cref="INameResolver.ResolveAsync"/>.</param>
    ValueTask<Answer> ResolveAsync(Question question, Answer.Found? known, CancellationToken cancellationToken) =>
        ResolveAsync(question, cancellationToken);
}
