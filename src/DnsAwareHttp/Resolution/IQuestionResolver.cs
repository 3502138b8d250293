namespace DnsAwareHttp.Resolution;

/// <summary>A resolver that can be asked questions of every kind.</summary>
internal interface IQuestionResolver : INameResolver
{
    /// <summary>Asks once, without caching.</summary>
    /// <remarks>An answer to <see cref="QuestionKind.Service"/> has <see cref="Answer.Found.Targets"/> and no addresses.</remarks>
    /// <param name="question">The question.</param>
    /// <param name="cancellationToken">As with <see cref="INameResolver.ResolveAsync"/>.</param>
    ValueTask<Answer> ResolveAsync(Question question, CancellationToken cancellationToken);
}
