using System.Collections.Concurrent;
using System.Diagnostics;

namespace DnsAwareHttp.FidelityTests;

/// <summary>Hears the runtime's diagnostic events about requests to one port.</summary>
internal sealed class DiagnosticRecorder : IObserver<DiagnosticListener>, IDisposable
{
    private readonly int _port;
    private readonly ConcurrentQueue<string> _events = new();
    private readonly ConcurrentBag<IDisposable> _subscriptions = [];

    public DiagnosticRecorder(int port)
    {
        _port = port;
        _subscriptions.Add(DiagnosticListener.AllListeners.Subscribe(this));
    }

    public IEnumerable<string> Events => _events;

    public void OnNext(DiagnosticListener value)
    {
        if (value.Name == "HttpHandlerDiagnosticListener")
        {
            _subscriptions.Add(value.Subscribe(new Listener(this)));
        }
    }

    public void OnCompleted()
    {
    }

    public void OnError(Exception error)
    {
    }

    public void Dispose()
    {
        foreach (IDisposable subscription in _subscriptions)
        {
            subscription.Dispose();
        }
    }

    private void Hear(KeyValuePair<string, object?> happening)
    {
        HttpRequestMessage? request = happening.Value?.GetType().GetProperty("Request")?.GetValue(happening.Value) as HttpRequestMessage;
        if (request?.RequestUri?.Port == _port)
        {
            object? status = happening.Value!.GetType().GetProperty("RequestTaskStatus")?.GetValue(happening.Value);
            _events.Enqueue($"{happening.Key} {request.Method} {request.RequestUri} {status}");
        }
    }

    private sealed class Listener(DiagnosticRecorder recorder) : IObserver<KeyValuePair<string, object?>>
    {
        public void OnNext(KeyValuePair<string, object?> value) => recorder.Hear(value);

        public void OnCompleted()
        {
        }

        public void OnError(Exception error)
        {
        }
    }
}
