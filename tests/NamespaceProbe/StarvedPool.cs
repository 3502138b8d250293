using System.Net;
using System.Net.Sockets;
using DnsAwareHttp;

namespace NamespaceProbe;

/// <summary>Requests of a process whose thread pool has no thread to spare. The servers run on threads of their own.</summary>
internal static class StarvedPool
{
    private static int _succeeded;

    /// <param name="handler"><c>ours</c>, or <c>bare</c>: the runtime's handler, which asks the name server with each connect.</param>
    /// <param name="way">
    /// <c>result</c>: 24 threads wait for the result of an async call while 16 work items sleep;
    /// <c>send</c>: 50 work items send synchronously; <c>search</c>: as <c>send</c>, to a name with a search list.
    /// </param>
    public static void Run(string handler, string way)
    {
        int dns = ThreadServers.StartDns(ttl: 30);
        int port = ThreadServers.StartHttp();
        string settings = Path.GetTempFileName();
        File.WriteAllText(settings, "search test other.test\n");
        using DnsCache cache = new(new DnsCacheOptions { NameServers = [$"127.0.0.1:{dns}"], ResolvConfPath = settings, UseHostsFile = false });
        string name = way == "search" ? "svc" : "svc.test";
        using HttpMessageHandler inner = handler == "ours"
            ? new DnsAwareHandler(new SocketsHttpHandler(), null, cache)
            : new SocketsHttpHandler { ConnectCallback = (_, cancellationToken) => ConnectAsync(dns, port, cancellationToken) };
        using HttpClient client = new(inner);
        Uri uri = new($"http://{name}:{port}/");
        ThreadPool.SetMinThreads(2, 2);
        if (way == "result")
        {
            for (int item = 0; item < 16; item++)
            {
                ThreadPool.QueueUserWorkItem(static _ => Thread.Sleep(TimeSpan.FromSeconds(10)));
            }

            Thread[] threads = [.. Enumerable.Range(0, 24).Select(index => new Thread(() => Count(() => _ = client.GetStringAsync(uri).Result)))];
            Array.ForEach(threads, static thread => thread.Start());
            Array.ForEach(threads, static thread => thread.Join());
        }
        else
        {
            using CountdownEvent ended = new(50);
            for (int item = 0; item < 50; item++)
            {
                ThreadPool.QueueUserWorkItem(_ =>
                {
                    Count(() => client.Send(new HttpRequestMessage(HttpMethod.Get, uri)).Dispose());
                    ended.Signal();
                });
            }

            ended.Wait();
        }

        File.Delete(settings);
        Console.WriteLine($"succeeded: {_succeeded}");
    }

    private static void Count(Action send)
    {
        try
        {
            send();
            Interlocked.Increment(ref _succeeded);
        }
        catch (Exception exception)
        {
            Console.WriteLine(exception);
        }
    }

    private static async ValueTask<Stream> ConnectAsync(int dns, int port, CancellationToken cancellationToken)
    {
        using Socket question = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        question.Connect(IPAddress.Loopback, dns);
        byte[] message = [0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 3, .. "svc"u8, 4, .. "test"u8, 0, 0, 1, 0, 1];
        question.Send(message);
        _ = await question.ReceiveAsync(new byte[512], cancellationToken);
        Socket socket = new(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, port, cancellationToken);
        return new NetworkStream(socket, ownsSocket: true);
    }
}
