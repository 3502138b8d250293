using DnsAwareHttp;

namespace NamespaceProbe;

/// <summary>Asks with both handlers in one process: what the runtime reads of the environment it reads once in a process.</summary>
internal static class ProxiedAsk
{
    public static async Task RunAsync()
    {
        using HttpClient bare = new(new SocketsHttpHandler());
        using HttpClient ours = new(new DnsAwareHandler());
        while (await Console.In.ReadLineAsync() is string line)
        {
            string[] words = line.Split(' ');
            Console.WriteLine(await AskAsync(words[0] == "bare" ? bare : ours, new Uri(words[1])));
        }
    }

    private static async Task<string> AskAsync(HttpClient client, Uri uri)
    {
        try
        {
            using HttpResponseMessage response = await client.GetAsync(uri);
            return $"{(int)response.StatusCode} {await response.Content.ReadAsStringAsync()}";
        }
        catch (Exception failure)
        {
            return $"{failure.GetType().Name} {(failure as HttpRequestException)?.HttpRequestError} {failure.Message}";
        }
    }
}
