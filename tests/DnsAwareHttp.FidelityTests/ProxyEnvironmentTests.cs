using System.Diagnostics;
using System.Reflection;

namespace DnsAwareHttp.FidelityTests;

/// <summary>Proxies that the environment names. The runtime reads it once in a process, so each case is a process of its own, which asks with both handlers.</summary>
public sealed class ProxyEnvironmentTests
{
    private const string Origin = "http://origin.invalid/";
    private const string SecureOrigin = "https://origin.invalid/";
    private const string AskWho = "HTTP/1.1 407 Who\r\nProxy-Authenticate: Basic realm=\"r\"\r\nContent-Length: 0\r\n\r\n";
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData("HTTP_PROXY=http://127.0.0.1:P", Origin, "200 proxied anonymous")]
    [InlineData("http_proxy=http://127.0.0.1:P", Origin, "200 proxied anonymous")]
    [InlineData("http_proxy=127.0.0.1:P", Origin, "200 proxied anonymous")]
    [InlineData("HTTP_PROXY=http://user:word@127.0.0.1:P", Origin, "200 proxied Basic dXNlcjp3b3Jk")]
    [InlineData("HTTP_PROXY=http://us%40er:w%3Aord@localhost:P", Origin, "200 proxied Basic dXNAZXI6dzpvcmQ=")]
    [InlineData("HTTP_PROXY=http://127.0.0.1:P GATEWAY_INTERFACE=CGI/1.1", Origin, "HttpRequestException NameResolutionError")]
    [InlineData("HTTPS_PROXY=http://127.0.0.1:P", SecureOrigin, "HttpRequestException ProxyTunnelError")]
    [InlineData("https_proxy=http://127.0.0.1:P", SecureOrigin, "HttpRequestException ProxyTunnelError")]
    [InlineData("HTTPS_PROXY=http://127.0.0.1:P", Origin, "HttpRequestException NameResolutionError")]
    [InlineData("ALL_PROXY=http://127.0.0.1:P", Origin, "200 proxied anonymous")]
    [InlineData("all_proxy=http://127.0.0.1:P", SecureOrigin, "HttpRequestException ProxyTunnelError")]
    [InlineData("ALL_PROXY=http://127.0.0.1:1 HTTP_PROXY=http://127.0.0.1:P", Origin, "200 proxied anonymous")]
    [InlineData("ALL_PROXY=socks5://127.0.0.1:P", Origin, "HttpRequestException ProxyTunnelError")]
    [InlineData("HTTP_PROXY=ftp://127.0.0.1:P", Origin, "HttpRequestException NameResolutionError")]
    [InlineData("HTTP_PROXY=http://127.0.0.1:P NO_PROXY=origin.invalid", Origin, "HttpRequestException NameResolutionError")]
    [InlineData("HTTP_PROXY=http://127.0.0.1:P no_proxy=other.test,.invalid", Origin, "HttpRequestException NameResolutionError")]
    [InlineData("HTTP_PROXY=http://127.0.0.1:P NO_PROXY=other.test", Origin, "200 proxied anonymous")]
    [InlineData("HTTP_PROXY=http://127.0.0.1:1 NO_PROXY=127.0.0.1", "http://127.0.0.1:P/", "200 direct")]
    [InlineData("HTTP_PROXY=http://127.0.0.1:1 NO_PROXY=localhost", "http://localhost:P/", "200 direct")]
    public async Task Environment_IsReadAsTheRuntimeDoes(string environment, string uri, string expected)
    {
        bool asksWho = environment.Contains('@', StringComparison.Ordinal);
        await using RawServer proxy = RawServer.Start(environment.Contains("socks", StringComparison.Ordinal)
            ? static connection => connection.ReadAsync(3)
            : ProxyScript.Http(request => asksWho && request.Header("Proxy-Authorization") is null ? AskWho : Answer(request)));
        string port = $"{proxy.Port}";

        string[] answers = await AskAsync(environment.Replace(":P", ":" + port, StringComparison.Ordinal), uri.Replace(":P", ":" + port, StringComparison.Ordinal));

        answers.Should().HaveCount(2);
        answers.Should().AllSatisfy(answer => answer.Should().StartWith(expected));
        if (!expected.EndsWith("NameResolutionError", StringComparison.Ordinal))
        {
            answers[1].Should().Be(answers[0]);
        }
    }

    private static string Answer(RawRequest request)
    {
        if (request.Method == "CONNECT")
        {
            return "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n";
        }

        if (!request.Target.StartsWith("http", StringComparison.Ordinal))
        {
            return "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\ndirect";
        }

        string content = $"proxied {request.Header("Proxy-Authorization") ?? "anonymous"}";
        return $"HTTP/1.1 200 OK\r\nContent-Length: {content.Length}\r\n\r\n{content}";
    }

    private static async Task<string[]> AskAsync(string environment, string uri)
    {
        string program = typeof(ProxyEnvironmentTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(data => data.Key == "NamespaceProbe").Value!;
        ProcessStartInfo start = new(Environment.ProcessPath!.EndsWith("dotnet", StringComparison.Ordinal) ? Environment.ProcessPath : "dotnet", [program, "ask"]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        foreach (string name in start.Environment.Keys.Where(static name => name.EndsWith("_proxy", StringComparison.OrdinalIgnoreCase)).ToArray())
        {
            start.Environment.Remove(name);
        }

        foreach (string[] variable in environment.Split(' ').Select(static variable => variable.Split('=', 2)))
        {
            start.Environment[variable[0]] = variable[1];
        }

        using Process process = Process.Start(start)!;
        try
        {
            await process.StandardInput.WriteAsync($"bare {uri}\nours {uri}\n");
            process.StandardInput.Close();
            string output = await process.StandardOutput.ReadToEndAsync().WaitAsync(Deadline);
            return output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();
            }
        }
    }
}
