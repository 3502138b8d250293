using DnsAwareHttp;

// Run inside a network namespace: asks each URI that comes in on a line, with nothing but defaults, and writes what came back on a line.
using HttpClient client = new(new DnsAwareHandler()) { Timeout = TimeSpan.FromSeconds(20) };
while (await Console.In.ReadLineAsync() is string uri)
{
    try
    {
        Console.WriteLine((await client.GetStringAsync(uri)).Trim());
    }
    catch (HttpRequestException failure)
    {
        Console.WriteLine($"{failure.HttpRequestError}: {failure.Message}");
    }
}
