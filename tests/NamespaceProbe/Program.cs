using System.Net;
using System.Net.Sockets;
using System.Text;
using DnsAwareHttp;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using NamespaceProbe;

// Seven small programs that tests run as processes of their own: "serve ADDRESS PORT" is a web server that answers with its address;
// "load PROTOCOL ADDRESS..." is a server and a client that asks it without pause, which tells for each line of input how it fares;
// "ask" asks each URI of its input, after the word "bare" or "ours", with the runtime's handler or with ours, and nothing but defaults;
// "resolve" looks up each name of its input with nothing but defaults, and writes the addresses;
// "starved" asks with "ours" or "bare" while the thread pool has no thread to spare, and writes how many requests succeeded;
// "spent" asks with "ours" or "bare" over warm connections while no file can be opened, and writes how many requests failed;
// without arguments, each line of input is a URI that is asked with nothing but defaults, and what came back is written on a line.
if (args is ["serve", string address, string port])
{
    using TcpListener listener = new(IPAddress.Parse(address), int.Parse(port));
    listener.Start();
    Console.WriteLine("serving");
    while (true)
    {
        _ = ServeAsync(await listener.AcceptTcpClientAsync(), address);
    }
}

if (args is ["load", string protocol, .. string[] addresses])
{
    await ProbedLoad.RunAsync(Enum.Parse<HttpProtocols>(protocol), addresses);
    return;
}

if (args is ["ask"])
{
    await ProxiedAsk.RunAsync();
    return;
}

if (args is ["starved", string handler, string way])
{
    StarvedPool.Run(handler, way);
    return;
}

if (args is ["spent", string asked])
{
    await SpentDescriptors.RunAsync(asked);
    return;
}

if (args is ["resolve"])
{
    using DnsCache cache = new();
    while (await Console.In.ReadLineAsync() is string host)
    {
        string[] found = await cache.PrefetchAsync(host) is Answer.Found answer ? [.. answer.Addresses.Select(one => one.ToString()).Order(StringComparer.Ordinal)] : [];
        Console.WriteLine(found.Length == 0 ? "none" : string.Join(' ', found));
    }

    return;
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

static async Task ServeAsync(TcpClient connection, string address)
{
    using StreamReader reader = new(connection.GetStream());
    while (await reader.ReadLineAsync() is string line)
    {
        if (line.Length == 0)
        {
            await connection.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Length: {address.Length}\r\n\r\n{address}"));
        }
    }
}
