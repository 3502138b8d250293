using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace DnsAwareHttp.Tests.Loopback;

/// <summary>A DNS server over TLS on 127.0.0.1 that does on each connection what a test tells it to. It shares no code with the library.</summary>
public sealed class TlsDnsServer : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly ConcurrentBag<Task> _conversations = [];
    private readonly ConcurrentQueue<byte[]> _questions = new();
    private readonly Func<Conversation, Task> _converse;
    private readonly X509Certificate2? _certificate;
    private readonly Task _running;
    private int _connections;
    private int _ended;

    private TlsDnsServer(X509Certificate2? certificate, Func<Conversation, Task> converse)
    {
        (_certificate, _converse) = (certificate, converse);
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        _running = Task.Run(AcceptAsync);
    }

    /// <summary>As an entry of <see cref="DnsCacheOptions.NameServers"/>, without a name.</summary>
    public string Address => $"tls://{_listener.LocalEndPoint}";

    /// <summary>Connections that were accepted.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <summary>Connections that are over.</summary>
    public int Ended => Volatile.Read(ref _ended);

    /// <summary>All questions that arrived, without their length.</summary>
    public IReadOnlyList<byte[]> Questions => [.. _questions];

    /// <summary>Answers every question at once: the name <c>n7.test</c> has the address 10.0.0.7.</summary>
    public static TlsDnsServer Start(X509Certificate2 certificate) => Start(certificate, static async conversation =>
    {
        while (await conversation.ReadAsync() is byte[] question)
        {
            await conversation.AnswerAsync(question);
        }
    });

    /// <summary>Converses as told. Without a certificate it accepts connections and says nothing.</summary>
    public static TlsDnsServer Start(X509Certificate2? certificate, Func<Conversation, Task> converse) => new(certificate, converse);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _running;
        await Task.WhenAll(_conversations);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                Socket client = await _listener.AcceptAsync(_stop.Token);
                int number = Interlocked.Increment(ref _connections);
                _conversations.Add(ConverseAsync(client, number));
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Stopping.
        }
    }

    private async Task ConverseAsync(Socket client, int number)
    {
        try
        {
            await using NetworkStream plain = new(client, ownsSocket: true);
            if (_certificate is null)
            {
                while (await plain.ReadAsync(new byte[4096], _stop.Token) > 0)
                {
                }

                return;
            }

            await using SslStream tls = new(plain);
            await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = _certificate }, _stop.Token);
            await _converse(new Conversation(number, tls, _questions, _stop.Token));
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException or SocketException or AuthenticationException or ObjectDisposedException)
        {
            // Stopping, or the client has gone.
        }
        finally
        {
            Interlocked.Increment(ref _ended);
        }
    }

    /// <summary>One connection, which ends when the test's function returns.</summary>
    public sealed class Conversation(int number, SslStream stream, ConcurrentQueue<byte[]> questions, CancellationToken stopping)
    {
        /// <summary>1 for the server's first connection.</summary>
        public int Number => number;

        /// <summary>The next question; null when the client has closed.</summary>
        public async Task<byte[]?> ReadAsync()
        {
            byte[] prefix = new byte[2];
            if (await stream.ReadAtLeastAsync(prefix, 2, throwOnEndOfStream: false, stopping) < 2)
            {
                return null;
            }

            byte[] question = new byte[(prefix[0] << 8) | prefix[1]];
            await stream.ReadExactlyAsync(question, stopping);
            questions.Enqueue(question);
            return question;
        }

        /// <summary>The address is that of the name's number.</summary>
        public Task AnswerAsync(byte[] question) => SendAsync(Answer(question));

        public async Task SendAsync(byte[] message)
        {
            await stream.WriteAsync((byte[])[(byte)(message.Length >> 8), (byte)message.Length, .. message], stopping);
            await stream.FlushAsync(stopping);
        }

        /// <summary>Returns when the client has closed.</summary>
        public async Task ReadToEndAsync()
        {
            while (await ReadAsync() is not null)
            {
            }
        }
    }

    /// <summary>The answer to an A question; any other type has no records.</summary>
    public static byte[] Answer(byte[] question)
    {
        int at = 12;
        while (question[at] != 0)
        {
            at += question[at] + 1;
        }

        bool isA = question[at + 2] == 1;
        byte[] message = [.. question[..(at + 5)], .. isA ? [0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 10, 0, 0, (byte)NumberIn(question)] : Array.Empty<byte>()];
        (message[2], message[3]) = (0x81, 0x80);
        (message[6], message[7], message[10], message[11]) = (0, isA ? (byte)1 : (byte)0, 0, 0);
        return message;
    }

    private static int NumberIn(byte[] question)
    {
        string label = Encoding.ASCII.GetString(question, 13, question[12]);
        return int.TryParse(label[1..], out int number) ? number : 1;
    }
}
