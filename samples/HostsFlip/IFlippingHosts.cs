using System.Net;

namespace HostsFlip;

/// <summary>A hosts file in which one name can be pointed to one address, then to another. Disposing it puts things back as they were.</summary>
internal interface IFlippingHosts : IDisposable
{
    /// <summary>The name that flips.</summary>
    string Name { get; }

    /// <summary>The file, or null where it is the operating system's own.</summary>
    string? PrivateFile { get; }

    /// <summary>From now on the file says that <see cref="Name"/> is <paramref name="address"/>.</summary>
    void PointTo(IPAddress address);
}
