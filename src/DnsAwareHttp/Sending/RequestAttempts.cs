using DnsAwareHttp.Pools;

namespace DnsAwareHttp.Origins;

/// <summary>The endpoints that a request could not be sent to, each with its error. Nothing of the request was sent to any of them.</summary>
internal sealed class FailedAttempts(Origin origin)
{
    private readonly List<(EndpointPool Pool, Exception Error)> _attempts = [];

    /// <summary>The answer of one that answered 421: the request goes elsewhere once, not twice. It is what the caller gets if nobody else can be connected to.</summary>
    public HttpResponseMessage? Misdirected { get; private set; }

    public IReadOnlyCollection<EndpointPool> Pools => [.. _attempts.Select(attempt => attempt.Pool)];

    /// <summary>Whether an error says that no connection to the endpoint could be had: then nothing of the request was sent, and another endpoint may have it.</summary>
    /// <param name="error">The error.</param>
    /// <param name="isTunnelled">Whether the endpoint is a proxy that passes bytes on: a TLS handshake that fails is then that of the server behind it.</param>
    public static bool IsConnectFailure(HttpRequestException error, bool isTunnelled) =>
        error.HttpRequestError is HttpRequestError.ConnectionError || (error.HttpRequestError is HttpRequestError.SecureConnectionError && !isTunnelled);

    /// <summary>Whether an error says that an endpoint cannot take such a request, found out before anything of it was sent: it does not speak the version that the request insists on.</summary>
    public static bool IsUnableToTake(HttpRequestException error) => error.HttpRequestError is HttpRequestError.VersionNegotiationError or HttpRequestError.ExtendedConnectNotSupported;

    /// <summary>None could be connected to. One of them is asked all the same, and told its failure: its handler reports it in the runtime's own way.</summary>
    public static FailedAttempts AllBut(EndpointPool asked, IReadOnlyList<(EndpointPool Pool, Exception Error)> failures, FailedAttempts attempts)
    {
        foreach ((EndpointPool pool, Exception error) in failures)
        {
            if (pool == asked)
            {
                pool.PassOnFailure(error);
            }
            else
            {
                attempts.Add(pool, error);
            }
        }

        return attempts;
    }

    public void Add(EndpointPool pool, Exception error) => _attempts.Add((pool, error));

    public void AddMisdirected(EndpointPool pool, HttpResponseMessage response)
    {
        Misdirected = response;
        Add(pool, new HttpRequestException(HttpRequestError.Unknown, "answered 421 (Misdirected Request)"));
    }

    /// <summary>The error of the whole: that of the only attempt as it is, or one that names each address with its own.</summary>
    public HttpRequestException ToException()
    {
        HttpRequestException? last = _attempts.Select(attempt => attempt.Error).OfType<HttpRequestException>().LastOrDefault();
        if (last is not null && _attempts.Count == 1)
        {
            return last;
        }

        string each = string.Join("; ", _attempts.Select(attempt => $"{attempt.Pool.Address}: {(attempt.Error.InnerException ?? attempt.Error).Message}"));
        return new HttpRequestException(
            last?.HttpRequestError ?? HttpRequestError.ConnectionError,
            $"None of the {_attempts.Count} addresses of {origin} could take the request ({origin.Host}:{origin.Port}): {each}",
            last?.InnerException ?? _attempts[^1].Error);
    }
}
