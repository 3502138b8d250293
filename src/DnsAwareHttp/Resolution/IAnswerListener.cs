namespace DnsAwareHttp.Resolution;

/// <summary>Receives the answers to one question. The cache holds it weakly.</summary>
internal interface IAnswerListener
{
    /// <summary>Called for each new answer, by one thread at a time for each question. An answer of an older <see cref="CachedAnswer.Version"/> may arrive late.</summary>
    void OnAnswer(CachedAnswer answer);
}
