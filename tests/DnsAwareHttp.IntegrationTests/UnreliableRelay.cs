using System.Net;
using System.Net.Sockets;

namespace DnsAwareHttp.IntegrationTests;

/// <summary>A way to a name server by UDP that loses questions or takes its time. By TCP there is none.</summary>
internal sealed class UnreliableRelay : IAsyncDisposable
{
    private readonly IPEndPoint _server;
    private readonly UdpClient _socket;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _relaying;
    private int _lost;

    public UnreliableRelay(IPEndPoint server, IPEndPoint? listens = null)
    {
        _server = server;
        _socket = new UdpClient(listens ?? new IPEndPoint(IPAddress.Loopback, LoopbackServer.FreePort()));
        _relaying = Task.Run(RelayAsync);
    }

    public IPEndPoint EndPoint => (IPEndPoint)_socket.Client.LocalEndPoint!;

    /// <summary>So many questions are lost.</summary>
    public int Loses { get; init; }

    /// <summary>Answers come so much later.</summary>
    public TimeSpan Delay { get; init; }

    public int Lost => Volatile.Read(ref _lost);

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _relaying;
        _socket.Dispose();
        _stopping.Dispose();
    }

    private async Task RelayAsync()
    {
        List<Task> answering = [];
        try
        {
            while (true)
            {
                UdpReceiveResult question = await _socket.ReceiveAsync(_stopping.Token);
                if (_lost < Loses)
                {
                    _lost++;
                    continue;
                }

                answering.Add(AnswerAsync(question));
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(answering);
        }
    }

    private async Task AnswerAsync(UdpReceiveResult question)
    {
        try
        {
            using UdpClient toServer = new();
            toServer.Connect(_server);
            await toServer.SendAsync(question.Buffer, _stopping.Token);
            UdpReceiveResult answer = await toServer.ReceiveAsync(_stopping.Token);
            await Task.Delay(Delay, _stopping.Token);
            await _socket.SendAsync(answer.Buffer, question.RemoteEndPoint, _stopping.Token);
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException)
        {
            // Nobody waits for it any more.
        }
    }
}
