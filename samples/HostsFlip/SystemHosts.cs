using System.Net;
using System.Text;

namespace HostsFlip;

/// <summary>One marked line in the machine's own hosts file; all other lines stay untouched.</summary>
/// <remarks>Written in place: in containers the file is a bind mount, over which nothing can be renamed.</remarks>
internal sealed class SystemHosts : IFlippingHosts
{
    private static readonly string SystemFile = OperatingSystem.IsWindows()
        ? Path.Combine(Environment.SystemDirectory, "drivers", "etc", "hosts")
        : "/etc/hosts";

    private readonly Lock _gate = new();
    private readonly FileStream _file;
    private byte[] _added = [];
    private bool _restored;

    public SystemHosts()
    {
        if (!Environment.IsPrivilegedProcess)
        {
            throw new WrongUseException($"--etc-hosts edits {SystemFile}: run it as root, or leave the option out to use a private file.");
        }

        try
        {
            _file = new FileStream(SystemFile, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0);
        }
        catch (Exception refusal) when (refusal is IOException or UnauthorizedAccessException)
        {
            throw new WrongUseException($"--etc-hosts cannot write {SystemFile}: {refusal.Message}", refusal);
        }

        // Where the process ends without unwinding, Dispose is never reached.
        AppDomain.CurrentDomain.ProcessExit += OnProcessEnds;
        AppDomain.CurrentDomain.UnhandledException += OnProcessEnds;
    }

    public string Name { get; } = $"hostsflip-{Random.Shared.Next():x8}.test";

    public string? PrivateFile => null;

    // The line keeps its length, so a change overwrites a few bytes and the file is never seen cut short.
    public void PointTo(IPAddress address)
    {
        string line = $"{address,-15} {Name} # added by the HostsFlip sample, which removes it when it ends\n";
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_restored, this);
            byte[] content = Read_NeedsLock();
            int at = content.AsSpan().LastIndexOf(_added);
            bool isFirst = _added.Length == 0;
            bool needsBreak = isFirst ? content is [.., not (byte)'\n'] : _added[0] == (byte)'\n';

            _added = Encoding.ASCII.GetBytes((needsBreak ? "\n" : "") + line);
            RandomAccess.Write(_file.SafeFileHandle, _added, isFirst || at < 0 ? content.Length : at);
        }
    }

    public void Dispose()
    {
        AppDomain.CurrentDomain.ProcessExit -= OnProcessEnds;
        AppDomain.CurrentDomain.UnhandledException -= OnProcessEnds;
        Restore();
        _file.Dispose();
    }

    private void OnProcessEnds(object? sender, EventArgs e) => Restore();

    // Takes out what was added and nothing else: somebody may have edited the file meanwhile.
    private void Restore()
    {
        lock (_gate)
        {
            if (_restored)
            {
                return;
            }

            _restored = true;
            byte[] content = Read_NeedsLock();
            int at = content.AsSpan().LastIndexOf(_added);
            if (_added.Length > 0 && at >= 0)
            {
                RandomAccess.Write(_file.SafeFileHandle, content.AsSpan(at + _added.Length), at);
                RandomAccess.SetLength(_file.SafeFileHandle, content.Length - _added.Length);
            }
        }
    }

    private byte[] Read_NeedsLock()
    {
        byte[] content = new byte[RandomAccess.GetLength(_file.SafeFileHandle)];
        int read = RandomAccess.Read(_file.SafeFileHandle, content, 0);
        return read == content.Length ? content : content[..read];
    }
}
