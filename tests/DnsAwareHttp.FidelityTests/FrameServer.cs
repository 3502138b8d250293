using System.Collections.Immutable;

namespace DnsAwareHttp.FidelityTests;

/// <summary>A clear-text HTTP/2 server that does on each connection what a script says, frame by frame, and remembers the requests.</summary>
internal sealed class FrameServer
{
    private readonly RawServer _server;
    private ImmutableList<FrameConnection> _connections = [];

    /// <summary>Starts it.</summary>
    /// <param name="trial">Whose server it is.</param>
    /// <param name="script">What happens after both sides' settings; when it ends, so does the connection.</param>
    /// <param name="settings">What the server tells of itself: identifiers of RFC 9113 section 6.5.2 and values.</param>
    public FrameServer(Trial trial, Func<FrameConnection, Task> script, params (int Id, uint Value)[] settings)
    {
        _server = trial.Serve(async raw =>
        {
            FrameConnection connection = new(raw);
            ImmutableInterlocked.Update(ref _connections, connections => connections.Add(connection));
            await connection.OpenAsync(settings);
            await script(connection);
        });
    }

    public string Uri => $"http://svc.test:{_server.Port}/";

    public int Connections => _connections.Count;

    /// <summary>Settings, heads and data that arrived, connection by connection.</summary>
    public string Frames => string.Join("\n", _connections.OrderBy(connection => connection.Number).Select(connection => $"--- connection {connection.Number}\n{connection.Log}"));

    /// <summary>A script that answers each request with "hello".</summary>
    public static async Task AnswerAllAsync(FrameConnection connection)
    {
        while (await connection.ReadRequestAsync() is int stream)
        {
            await connection.AnswerAsync(stream);
        }
    }
}
