using System.Collections.Immutable;
using System.Net;
using System.Text.Json.Serialization;

namespace DnsAwareHttp;

/// <summary>Something that changed: see <see cref="DnsAwareHandler.Changes"/> and <see cref="DnsAwareSnapshot.Changes"/>.</summary>
/// <remarks>Later versions may have more kinds of changes. Ignore the kinds that you do not know.</remarks>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "change")]
[JsonDerivedType(typeof(EndpointJoined), "endpointJoined")]
[JsonDerivedType(typeof(EndpointLeft), "endpointLeft")]
[JsonDerivedType(typeof(DrainEnded), "drainEnded")]
[JsonDerivedType(typeof(EndpointFailing), "endpointFailing")]
[JsonDerivedType(typeof(EndpointRecovered), "endpointRecovered")]
[JsonDerivedType(typeof(EndpointEjected), "endpointEjected")]
[JsonDerivedType(typeof(EndpointReturned), "endpointReturned")]
[JsonDerivedType(typeof(AnswerChanged), "answerChanged")]
[JsonDerivedType(typeof(LookupFailed), "lookupFailed")]
[JsonDerivedType(typeof(LookupRecovered), "lookupRecovered")]
[JsonDerivedType(typeof(Missed), "missed")]
public abstract record DnsAwareChange
{
    private DnsAwareChange()
    {
    }

    /// <summary>When it happened.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The origin, as in <see cref="OriginSnapshot.Origin"/>; empty for <see cref="Missed"/>.</summary>
    public required string Origin { get; init; }

    /// <summary>An endpoint takes requests from now on.</summary>
    public sealed record EndpointJoined : DnsAwareChange
    {
        /// <summary>Address and port.</summary>
        public required IPEndPoint Address { get; init; }
    }

    /// <summary>An endpoint takes no new request any more. Its drain begins.</summary>
    /// <remarks>Its place was taken before: requests go to other endpoints already.</remarks>
    public sealed record EndpointLeft : DnsAwareChange
    {
        /// <summary>Address and port.</summary>
        public required IPEndPoint Address { get; init; }

        /// <summary>The kind of reason.</summary>
        public required DepartureReason Reason { get; init; }

        /// <summary>The reason in words, for people.</summary>
        public required string Detail { get; init; }

        /// <summary>Requests whose response headers had not arrived.</summary>
        public required long ActiveRequests { get; init; }

        /// <summary>Open connections, idle ones included.</summary>
        public required int OpenConnections { get; init; }
    }

    /// <summary>The last connection of an endpoint that left is closed.</summary>
    public sealed record DrainEnded : DnsAwareChange
    {
        /// <summary>Address and port.</summary>
        public required IPEndPoint Address { get; init; }

        /// <summary>The time since <see cref="EndpointLeft"/>.</summary>
        public required TimeSpan Duration { get; init; }

        /// <summary>Connections that ended by themselves, after their last response.</summary>
        public required int Graceful { get; init; }

        /// <summary>Connections that <see cref="DnsAwareOptions.DrainTimeout"/> cut.</summary>
        public required int Cut { get; init; }
    }

    /// <summary>An endpoint begins to fail: requests prefer others.</summary>
    public sealed record EndpointFailing : DnsAwareChange
    {
        /// <summary>Address and port.</summary>
        public required IPEndPoint Address { get; init; }

        /// <summary>The failure, for people.</summary>
        public required string Reason { get; init; }
    }

    /// <summary>An endpoint that failed is ready again.</summary>
    public sealed record EndpointRecovered : DnsAwareChange
    {
        /// <summary>Address and port.</summary>
        public required IPEndPoint Address { get; init; }

        /// <summary>The time since <see cref="EndpointFailing"/>.</summary>
        public required TimeSpan FailedFor { get; init; }
    }

    /// <summary>An endpoint is ejected: its answers were failures, and those of its peers were not.</summary>
    /// <remarks>See <see cref="DnsAwareOptions.OutlierDetection"/>.</remarks>
    public sealed record EndpointEjected : DnsAwareChange
    {
        /// <summary>Address and port.</summary>
        public required IPEndPoint Address { get; init; }

        /// <summary>The failures, for people.</summary>
        public required string Reason { get; init; }

        /// <summary>When one request may try it.</summary>
        public required DateTimeOffset Until { get; init; }
    }

    /// <summary>An endpoint that was ejected answers well, and takes requests again.</summary>
    public sealed record EndpointReturned : DnsAwareChange
    {
        /// <summary>Address and port.</summary>
        public required IPEndPoint Address { get; init; }

        /// <summary>The time since the first <see cref="EndpointEjected"/> of the row.</summary>
        public required TimeSpan EjectedFor { get; init; }
    }

    /// <summary>The name of the origin has other addresses than before. The order of the addresses does not count.</summary>
    /// <remarks>Which addresses are used is another matter: see <see cref="DnsAwareOptions.Membership"/>.</remarks>
    public sealed record AnswerChanged : DnsAwareChange
    {
        /// <summary>The name that was asked for.</summary>
        public required string Name { get; init; }

        /// <summary>The addresses; empty if the name has none, and for a service.</summary>
        public required ImmutableArray<IPAddress> Addresses { get; init; }

        /// <summary>The answer, for people.</summary>
        public required string Answer { get; init; }
    }

    /// <summary>A question failed, and the one before it did not. The last good answer stays in use.</summary>
    public sealed record LookupFailed : DnsAwareChange
    {
        /// <summary>The name that was asked for.</summary>
        public required string Name { get; init; }

        /// <summary>The failure, for people.</summary>
        public required string Reason { get; init; }
    }

    /// <summary>The name has an answer again.</summary>
    public sealed record LookupRecovered : DnsAwareChange
    {
        /// <summary>The name that was asked for.</summary>
        public required string Name { get; init; }

        /// <summary>The failures in a row before.</summary>
        public required int Failures { get; init; }
    }

    /// <summary>The reader of <see cref="DnsAwareHandler.Changes"/> was too slow: it lost the oldest changes.</summary>
    public sealed record Missed : DnsAwareChange
    {
        /// <summary>The number of changes lost since the last one of this kind.</summary>
        public required long Count { get; init; }
    }
}
