namespace DnsAwareHttp.Tests.Fakes;

/// <summary>A test of what only Linux has.</summary>
public sealed class LinuxTheoryAttribute : TheoryAttribute
{
    public LinuxTheoryAttribute()
    {
        if (!OperatingSystem.IsLinux())
        {
            Skip = "A listening socket whose queue is full answers no connect on Linux only.";
        }
    }
}
