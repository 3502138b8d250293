using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace DnsAwareHttp.Tests.Fakes;

/// <summary>A socket that hears nothing and acknowledges nothing, as if every packet to it were dropped: an ordinary socket with a filter of Linux that lets no packet through.</summary>
public static class MutedSocket
{
    private const int SocketLevel = 1;
    private const int AttachFilter = 26;
    private const int DetachFilter = 27;

    /// <summary>Whether this system can do that.</summary>
    public static bool IsSupported => OperatingSystem.IsLinux();

    public static void Mute(Socket socket)
    {
        // One instruction of classic BPF: "return 0", the number of bytes to let through.
        byte[] program = [0x06, 0, 0, 0, 0, 0, 0, 0];
        GCHandle pinned = GCHandle.Alloc(program, GCHandleType.Pinned);
        try
        {
            Span<byte> filter = stackalloc byte[16];
            filter.Clear();
            filter[0] = 1;
            MemoryMarshal.Write(filter[8..], pinned.AddrOfPinnedObject());
            socket.SetRawSocketOption(SocketLevel, AttachFilter, filter);
        }
        finally
        {
            pinned.Free();
        }
    }

    public static void Unmute(Socket socket) => socket.SetRawSocketOption(SocketLevel, DetachFilter, new byte[4]);
}
