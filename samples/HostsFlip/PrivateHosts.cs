using System.Net;

namespace HostsFlip;

/// <summary>A hosts file of the demo's own, in a temporary directory.</summary>
internal sealed class PrivateHosts : IFlippingHosts
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("hostsflip-");

    public string Name => "shop.test";

    public string PrivateFile => Path.Combine(_directory.FullName, "hosts");

    // Replaced as a whole by a rename: no reader ever sees half a file.
    public void PointTo(IPAddress address)
    {
        string next = PrivateFile + ".next";
        File.WriteAllText(next, $"{address} {Name}\n");
        File.Move(next, PrivateFile, overwrite: true);
    }

    public void Dispose() => _directory.Delete(recursive: true);
}
