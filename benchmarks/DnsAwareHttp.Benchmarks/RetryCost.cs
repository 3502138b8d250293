using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using DnsAwareHttp.Handlers;
using DnsAwareHttp.Pools;
using DnsAwareHttp.Sending;
using Microsoft.Extensions.Logging.Abstractions;

namespace DnsAwareHttp.Benchmarks;

/// <summary>What requests without a retry pay for <see cref="DnsAwareOptions.AvoidTriedEndpoints"/>: with it and without it, in turn.</summary>
internal static class RetryCost
{
    private const int Rounds = 61;
    private const int RequestsEach = 50_000;

    public static async Task<int> RunAsync()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        List<Stream> open = [];
        using HttpMessageInvoker on = Make(listener, open, avoids: true);
        using HttpMessageInvoker off = Make(listener, open, avoids: false);
        double[] differences = new double[Rounds];
        for (int round = -10; round < Rounds; round++)
        {
            bool onFirst = round % 2 == 0;
            double first = await MeasureAsync(onFirst ? on : off);
            double second = await MeasureAsync(onFirst ? off : on);
            if (round >= 0)
            {
                differences[round] = onFirst ? first - second : second - first;
            }
        }

        Array.Sort(differences);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"AvoidTriedEndpoints, unused: {differences[Rounds / 2]:0.0} ns a request (median of {Rounds} pairs of {RequestsEach:N0}; "
            + $"middle half {differences[Rounds / 4]:0.0} to {differences[Rounds * 3 / 4]:0.0})"));
        return 0;
    }

    private static async Task<double> MeasureAsync(HttpMessageInvoker invoker)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, "http://svc.test/");
        long began = Stopwatch.GetTimestamp();
        for (int i = 0; i < RequestsEach; i++)
        {
            await invoker.SendAsync(request, CancellationToken.None);
        }

        return Stopwatch.GetElapsedTime(began).TotalNanoseconds / RequestsEach;
    }

    private static HttpMessageInvoker Make(TcpListener listener, List<Stream> open, bool avoids)
    {
        RequestRouter router = new(new RouterSettings(
            HandlerTemplate.ReadFrom(new SocketsHttpHandler()), new DnsAwareOptions { AvoidTriedEndpoints = avoids },
            new DnsCache(resolver: new FixedResolver("10.0.0", 3)), new PassThrough(static (_, _, _) => throw new InvalidOperationException()),
            Random.Shared, NullLogger.Instance)
        {
            MakeHandler = Connected,
        });
        return new HttpMessageInvoker(new RouterHandler(router));

        StubEndpoint Connected(EndpointDialer dialer)
        {
            Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Connect(listener.LocalEndpoint);
            open.Add(dialer.Streams.Add(socket)!);
            return new StubEndpoint(yields: false);
        }
    }
}
