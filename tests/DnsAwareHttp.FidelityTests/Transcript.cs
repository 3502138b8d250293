using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;

namespace DnsAwareHttp.FidelityTests;

/// <summary>What one side of a comparison saw, line by line. Ports of servers are written as names, so that two runs can be the same.</summary>
internal sealed partial class Transcript
{
    private readonly ConcurrentQueue<string> _lines = new();
    private readonly ConcurrentDictionary<int, string> _ports = new();
    private readonly ConcurrentQueue<Regex> _randoms = new();

    public void Write(string line) => _lines.Enqueue(line);

    /// <summary>Writes this port as a name wherever it appears.</summary>
    public void Name(int port, string name) => _ports[port] = name;

    /// <summary>Writes what matches, random as it is, as the number of its first appearance.</summary>
    public void Number(Regex random) => _randoms.Enqueue(random);

    /// <summary>Status, headers, content and trailers of a response, and the request as it is now.</summary>
    /// <param name="response">The response.</param>
    /// <param name="read">Reads the content otherwise than as a whole.</param>
    public async Task WriteAsync(HttpResponseMessage response, Func<HttpContent, Task<byte[]>>? read = null)
    {
        Write($"HTTP/{response.Version} {(int)response.StatusCode} {response.ReasonPhrase}");
        WriteHeaders("header", response.Headers.NonValidated.Select(header => (header.Key, header.Value.ToString())));
        WriteHeaders("content header", response.Content.Headers.NonValidated.Select(header => (header.Key, header.Value.ToString())));
        await WriteContentAsync(response.Content, read ?? (static content => content.ReadAsByteArrayAsync()));
        WriteHeaders("trailer", response.TrailingHeaders.NonValidated.Select(header => (header.Key, header.Value.ToString())));
        if (response.RequestMessage is HttpRequestMessage request)
        {
            Write($"request: {request.Method} {request.RequestUri} {request.RequestUri?.OriginalString} HTTP/{request.Version} {request.VersionPolicy}");
            WriteHeaders("request header", request.Headers.NonValidated.Select(header => (header.Key, header.Value.ToString())));
            Write($"request content: {request.Content?.GetType().Name ?? "none"}");
        }
    }

    /// <summary>An exception and those within it: type, kind of error, message, socket error.</summary>
    /// <param name="failure">The exception.</param>
    /// <param name="isChance">Which exceptions within another one are a matter of chance: neither they nor those within them are written.</param>
    public void Write(Exception failure, Func<Exception, Exception, bool>? isChance = null)
    {
        for ((Exception? current, string indent) = (failure, ""); current is not null; (current, indent) = (Within(current, isChance), indent + "  "))
        {
            string kind = current switch
            {
                HttpRequestException http => $" {http.HttpRequestError} status {(int?)http.StatusCode}",
                HttpIOException io => $" {io.HttpRequestError}",
                SocketException socket => $" {socket.SocketErrorCode}",
                _ => "",
            };
            Write($"{indent}{TypeName(current)}{kind}: {current.Message}");
        }
    }

    public override string ToString()
    {
        // A disposed handler says its own name.
        string text = string.Join('\n', _lines).Replace($"'{typeof(DnsAwareHandler).FullName}'", $"'{typeof(SocketsHttpHandler).FullName}'", StringComparison.Ordinal);
        foreach ((int port, string name) in _ports)
        {
            text = Regex.Replace(text, $@"(?<!\d){port.ToString(CultureInfo.InvariantCulture)}(?!\d)", name);
        }

        foreach (Regex random in _randoms)
        {
            List<string> seen = [];
            text = random.Replace(text, match =>
            {
                if (!seen.Contains(match.Value))
                {
                    seen.Add(match.Value);
                }

                return $"#{seen.IndexOf(match.Value)}";
            });
        }

        return TraceParent().Replace(DateHeader().Replace(text, "Date: DATE"), "traceparent: TRACE");
    }

    private static Exception? Within(Exception failure, Func<Exception, Exception, bool>? isChance) =>
        failure.InnerException is Exception inner && isChance?.Invoke(failure, inner) != true ? inner : null;

    // The runtime's own connect throws an internal subclass that adds the end point to the message.
    private static string TypeName(Exception exception) => exception is SocketException ? nameof(SocketException) : exception.GetType().Name;

    private async Task WriteContentAsync(HttpContent content, Func<HttpContent, Task<byte[]>> read)
    {
        try
        {
            byte[] body = await read(content);
            Write($"content: {body.Length} bytes: {(body.Length > 2000 ? Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(body)) : Encoding.Latin1.GetString(body))}");
        }
        catch (Exception failure)
        {
            Write("content failed");
            Write(failure);
        }
    }

    private void WriteHeaders(string kind, IEnumerable<(string Name, string Value)> headers)
    {
        foreach ((string name, string value) in headers)
        {
            Write($"{kind} {name}: {value}");
        }
    }

    [GeneratedRegex(@"traceparent: 00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]")]
    private static partial Regex TraceParent();

    [GeneratedRegex(@"Date: [A-Z][a-z]{2}, [^\n]* GMT")]
    private static partial Regex DateHeader();
}
