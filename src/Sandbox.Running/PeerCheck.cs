using System.Buffers.Binary;
using System.Globalization;
using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;

namespace Sandbox.Running;

// A job is the caller's uid outside. What it lacks to be the caller are the caller's user and pid namespaces (user_namespaces(7),
// pid_namespaces(7)), so the uid alone is no proof. Fails closed: whoever cannot be looked at is nobody we know.

/// <summary>Who is at the other end of a unix socket: lets in this user's processes, and none of its jobs.</summary>
internal sealed class PeerCheck
{
    private const int SolSocket = 1;
    private const int PeerCredentials = 17;
    private const int PeerPidfd = 77;

    private readonly uint _uid = EffectiveUid();
    private readonly string _userNamespace = Namespace("self", "user") ?? throw new InvalidOperationException("/proc/self/ns/user cannot be read");
    private readonly string _pidNamespace = Namespace("self", "pid") ?? throw new InvalidOperationException("/proc/self/ns/pid cannot be read");

    /// <summary>Why the peer of a connection is not let in; null if it is.</summary>
    public string? Refusal(Socket socket)
    {
        Span<byte> credentials = stackalloc byte[12];
        if (socket.GetRawSocketOption(SolSocket, PeerCredentials, credentials) != credentials.Length)
        {
            return "its credentials cannot be read (unix(7), SO_PEERCRED)";
        }

        if (BinaryPrimitives.ReadUInt32LittleEndian(credentials[4..]) != _uid)
        {
            return "it is another user's";
        }

        // The pid may be another process by now; a pidfd is not (Linux 6.5). Without one, what remains is a race of a process that ended.
        using var pidfd = Pidfd(socket);
        var pid = BinaryPrimitives.ReadInt32LittleEndian(credentials);
        var process = pid.ToString(CultureInfo.InvariantCulture);
        if (pid <= 0 || Namespace(process, "user") != _userNamespace || Namespace(process, "pid") != _pidNamespace)
        {
            return "it is in another user or pid namespace, as jobs are";
        }

        return pidfd is null || PidOf(pidfd) == process ? null : "its process has ended";
    }

    /// <summary>The process that connected; null before Linux 6.5.</summary>
    public static SafeFileHandle? Pidfd(Socket socket)
    {
        Span<byte> number = stackalloc byte[sizeof(int)];
        try
        {
            return socket.GetRawSocketOption(SolSocket, PeerPidfd, number) == sizeof(int)
                ? new SafeFileHandle(BinaryPrimitives.ReadInt32LittleEndian(number), ownsHandle: true)
                : null;
        }
        catch (SocketException)
        {
            return null; // before Linux 6.5
        }
    }

    /// <summary>Its number; -1 once it has ended, 0 in a pid namespace that is not ours (pidfd_open(2), fdinfo of proc(5)).</summary>
    public static string? PidOf(SafeFileHandle pidfd)
    {
        const string Key = "Pid:";
        return File.ReadLines($"/proc/self/fdinfo/{pidfd.DangerousGetHandle()}")
            .FirstOrDefault(static line => line.StartsWith(Key, StringComparison.Ordinal))?[Key.Length..].Trim();
    }

    private static string? Namespace(string process, string kind)
    {
        try
        {
            return new FileInfo($"/proc/{process}/ns/{kind}").LinkTarget;
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    // The effective uid, from the kernel's own list (proc_pid_status(5)).
    private static uint EffectiveUid() => uint.Parse(
        File.ReadLines("/proc/self/status").First(static line => line.StartsWith("Uid:", StringComparison.Ordinal)).Split('\t')[2],
        CultureInfo.InvariantCulture);
}
