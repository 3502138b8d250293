namespace DnsAwareHttp.Tests.Loopback;

/// <summary>A request as its bytes arrived, one character for each byte.</summary>
/// <param name="Head">Request line and headers, with the empty line.</param>
/// <param name="Body">The content as it was framed: chunked content with its chunk sizes.</param>
internal sealed record RawRequest(string Head, string Body)
{
    public string Method => Head[..Head.IndexOf(' ')];

    public string Target => Head.Split(' ', 3)[1];

    /// <summary>A header's value; null where there is none.</summary>
    public string? Header(string name) =>
        Head.Split("\r\n").FirstOrDefault(line => line.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))?[(name.Length + 1)..].Trim();
}
