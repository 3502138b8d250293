namespace DnsAwareHttp.Resolution;

/// <summary>Receives the answers to one question. The cache holds it weakly.</summary>
internal interface IAnswerListener
{
    /// <summary>Called for each new answer. An answer of an older <see cref="CachedAnswer.Version"/> may arrive late.</summary>
    /// <remarks>It is called under no lock of the cache. An exception is logged.</remarks>
    void OnAnswer(CachedAnswer answer);
}
