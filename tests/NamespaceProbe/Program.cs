using System.Net;
using DnsAwareHttp;

// Two small programs to run inside a network namespace: "serve ADDRESS PORT" is a web server that answers with its address;
// without arguments, each line of input is a URI that is asked with nothing but defaults, and what came back is written on a line.
if (args is ["serve", string address, string port])
{
    using HttpListener listener = new() { Prefixes = { $"http://{address}:{port}/" } };
    listener.Start();
    Console.WriteLine("serving");
    while (true)
    {
        HttpListenerContext context = await listener.GetContextAsync();
        await using StreamWriter body = new(context.Response.OutputStream);
        await body.WriteAsync(address);
    }
}

using HttpClient client = new(new DnsAwareHandler()) { Timeout = TimeSpan.FromSeconds(20) };
while (await Console.In.ReadLineAsync() is string uri)
{
    try
    {
        Console.WriteLine(await client.GetStringAsync(uri));
    }
    catch (HttpRequestException failure)
    {
        Console.WriteLine($"{failure.HttpRequestError}: {failure.Message}");
    }
}
