namespace Convergence.Contenders;

/// <summary>A client that lives for one story.</summary>
internal interface IAsker : IAsyncDisposable
{
    /// <summary>Sends a request and tells which address answered it.</summary>
    Task<string> AskAsync();
}
