using Convergence.Stories;

namespace Convergence.Contenders;

/// <summary>Whom a client asks.</summary>
internal sealed record Service(int Port, Speech Speech, Pace Pace)
{
    /// <summary>The name that all ask for.</summary>
    public const string Host = "svc.test";

    /// <summary>The timeout of each request.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    public Uri Address => new($"{(Speech == Speech.Https ? "https" : "http")}://{Host}:{Port}/");

    // A proxy set in the environment would get the requests.
    public static SocketsHttpHandler Handler()
    {
        SocketsHttpHandler handler = new() { UseProxy = false };
        handler.SslOptions.RemoteCertificateValidationCallback = (_, _, _, _) => true;
        return handler;
    }
}
