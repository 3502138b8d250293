using System.Net.Sockets;

namespace DnsAwareHttp.Resolution;

/// <summary>A question about a name. Equal questions share one answer.</summary>
/// <param name="Name">A host name as in a URI, or the name of a service.</param>
/// <param name="Kind">The records that are wanted.</param>
internal readonly record struct Question(string Name, QuestionKind Kind)
{
    /// <summary>The address family of the answer.</summary>
    /// <value><see cref="AddressFamily.Unspecified"/> for both families, and for records without addresses.</value>
    public AddressFamily Family => Kind switch
    {
        QuestionKind.A => AddressFamily.InterNetwork,
        QuestionKind.Aaaa => AddressFamily.InterNetworkV6,
        _ => AddressFamily.Unspecified,
    };

    /// <summary>The question for the addresses of a host: of one family, or of both with <see cref="AddressFamily.Unspecified"/>.</summary>
    public static Question ForAddresses(string host, AddressFamily family) => new(host, family switch
    {
        AddressFamily.InterNetwork => QuestionKind.A,
        AddressFamily.InterNetworkV6 => QuestionKind.Aaaa,
        _ => QuestionKind.Addresses,
    });

    /// <summary>The question for the targets of a service such as <c>_http._tcp.orders.example.com</c>.</summary>
    public static Question ForService(string service) => new(service.ToLowerInvariant(), QuestionKind.Service);

    public override string ToString() => $"{Name} ({Kind})";
}
