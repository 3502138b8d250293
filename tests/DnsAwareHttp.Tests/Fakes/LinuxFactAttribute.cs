namespace DnsAwareHttp.Tests.Fakes;

/// <summary>A test of what only Linux has.</summary>
public sealed class LinuxFactAttribute : FactAttribute
{
    public LinuxFactAttribute()
    {
        if (!OperatingSystem.IsLinux())
        {
            Skip = "Only Linux tells what its TCP knows of a peer.";
        }
    }
}
