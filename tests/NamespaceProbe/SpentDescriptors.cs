using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Reflection;
using System.Runtime.InteropServices;
using DnsAwareHttp;

namespace NamespaceProbe;

/// <summary>Requests over warm connections while this process can open no file and no socket, and afterwards.</summary>
internal static partial class SpentDescriptors
{
    private const int NumberOfFiles = 7; // RLIMIT_NOFILE of Linux
    private const int Workers = 4;
    private static readonly TimeSpan Outage = TimeSpan.FromSeconds(6);

    /// <summary>Writes whether no socket could be opened, and how many requests failed meanwhile and afterwards.</summary>
    /// <param name="handler"><c>ours</c>, or <c>bare</c>: the runtime's handler, which is given the address.</param>
    public static async Task RunAsync(string handler)
    {
        StartThreads();
        LoadAssemblies();
        TextWriter output = Console.Out;
        int dns = ThreadServers.StartDns(ttl: 1);
        int port = ThreadServers.StartHttp();
        string settings = Path.GetTempFileName();

        // Each period is much shorter than the outage: what was not told apart would let the addresses go within it.
        using DnsCache cache = new(new DnsCacheOptions
        {
            NameServers = [$"127.0.0.1:{dns}"],
            ResolvConfPath = settings,
            HostsFilePath = settings,
            SystemResolverTtl = TimeSpan.FromSeconds(1),
        });
        using HttpMessageHandler inner = handler == "ours"
            ? new DnsAwareHandler(new SocketsHttpHandler(), new DnsAwareOptions { EmptyAnswerGrace = TimeSpan.FromSeconds(1) }, cache)
            : new SocketsHttpHandler { ConnectCallback = (_, cancellationToken) => ConnectAsync(port, cancellationToken) };
        using HttpClient client = new(inner) { Timeout = TimeSpan.FromSeconds(20) };
        Uri uri = new($"http://svc.test:{port}/");
        await Task.WhenAll(Enumerable.Range(0, Workers).Select(_ => client.GetStringAsync(uri)));

        SetLimit(ReadLimit() with { Soft = 3 });
        bool isSpent = !TryOpenSocket();
        int failed = (await Task.WhenAll(Enumerable.Range(0, Workers).Select(_ => SendAsync(client, uri, output)))).Sum();
        isSpent &= !TryOpenSocket();
        SetLimit(ReadLimit() with { Soft = ReadLimit().Hard });
        failed += (await Task.WhenAll(Enumerable.Range(0, 4 * Workers).Select(_ => SendOnceAsync(client, uri, output)))).Sum();

        File.Delete(settings);
        output.WriteLine($"spent: {isSpent}, failed: {failed}");
    }

    // The runtime ends the process if it cannot start a thread, and each needs a descriptor for a moment.
    private static void StartThreads()
    {
        const int Count = 32;
        ThreadPool.SetMinThreads(Count, Count);
        using Barrier all = new(Count + 1);
        for (int item = 0; item < Count; item++)
        {
            ThreadPool.UnsafeQueueUserWorkItem(static all => all.SignalAndWait(), all, preferLocal: false);
        }

        all.SignalAndWait();
    }

    // Nor can it load what it has not loaded yet.
    private static void LoadAssemblies()
    {
        foreach (string path in ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator))
        {
            _ = Assembly.Load(Path.GetFileNameWithoutExtension(path));
        }
    }

    private static async Task<int> SendAsync(HttpClient client, Uri uri, TextWriter output)
    {
        int failed = 0;
        for (long began = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(began) < Outage; await Task.Delay(10))
        {
            failed += await SendOnceAsync(client, uri, output);
        }

        return failed;
    }

    private static async Task<int> SendOnceAsync(HttpClient client, Uri uri, TextWriter output)
    {
        try
        {
            _ = await client.GetStringAsync(uri);
            return 0;
        }
        catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException)
        {
            output.WriteLine(exception.Message);
            return 1;
        }
    }

    private static bool TryOpenSocket()
    {
        try
        {
            new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp).Dispose();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static async ValueTask<Stream> ConnectAsync(int port, CancellationToken cancellationToken)
    {
        Socket socket = new(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, port, cancellationToken);
        return new NetworkStream(socket, ownsSocket: true);
    }

    private static Limit ReadLimit() =>
        GetLimit(NumberOfFiles, out Limit limit) == 0 ? limit : throw new InvalidOperationException("no limit is known");

    private static void SetLimit(Limit limit)
    {
        if (SetLimit(NumberOfFiles, limit) != 0)
        {
            throw new InvalidOperationException("the limit cannot be set");
        }
    }

    [LibraryImport("libc", EntryPoint = "getrlimit")]
    private static partial int GetLimit(int resource, out Limit limit);

    [LibraryImport("libc", EntryPoint = "setrlimit")]
    private static partial int SetLimit(int resource, in Limit limit);

    private readonly record struct Limit(nuint Soft, nuint Hard);
}
