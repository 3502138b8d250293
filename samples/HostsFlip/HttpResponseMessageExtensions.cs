using System.Net;

namespace HostsFlip;

/// <summary>Reads from a response which of the two servers sent it.</summary>
internal static class HttpResponseMessageExtensions
{
    public static IPAddress Server(this HttpResponseMessage response) =>
        IPAddress.Parse(response.Headers.GetValues(LocalServer.NameHeader).Single());
}
