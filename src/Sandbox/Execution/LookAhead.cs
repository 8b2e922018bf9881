using System.Diagnostics;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Sandbox.Host;
using Sandbox.Interop;
using Sandbox.Text;

namespace Sandbox.Execution;

// A thread that asks a server which never answers cannot be ended, and with it not the process it belongs to: its exit waits
// for the thread, and its parent for the exit. So a process of its own asks first whoever may not answer; if that one is
// stuck, it is left behind, and nobody waits for it.

/// <summary>Asks for paths on file systems that may not answer, in a process that can be left behind.</summary>
internal static class LookAhead
{
    private const int SigKill = 9;
    private const byte Reads = (byte)'r';
    private const byte Sees = (byte)'s';
    private static readonly TimeSpan s_untilKilled = TimeSpan.FromSeconds(1);

    /// <summary>Asks for those of the paths that may not answer; whether there were any.</summary>
    /// <param name="paths">Absolute paths.</param>
    /// <param name="launcherPath">An installed launcher; null for the one in this assembly.</param>
    /// <exception cref="SandboxException">One did not answer in time.</exception>
    public static bool AtFar(IReadOnlyList<NamedPath> paths, string? launcherPath)
    {
        using var local = new LocalFiles();
        var far = new List<NamedPath>();
        for (var index = 0; index < paths.Count; index++)
        {
            if (!local.Holds(paths[index].Path))
            {
                far.Add(paths[index]);
            }
        }

        if (far.Count > 0)
        {
            At(far, launcherPath);
        }

        return far.Count > 0;
    }

    /// <summary>Returns once every path has answered, if only with an error: that is for whoever needs it to find.</summary>
    /// <param name="paths">Absolute paths.</param>
    /// <param name="launcherPath">An installed launcher; null for the one in this assembly.</param>
    /// <exception cref="SandboxException">One did not answer in time.</exception>
    public static void At(IReadOnlyList<NamedPath> paths, string? launcherPath)
    {
        using var scope = HostWatch.Enter(Operation.LookAtFiles);
        if (Libc.SocketPair(out var ours, out var theirs) is var error and < 0)
        {
            throw new SandboxException("the launcher cannot be started") { Operation = Operation.ConnectLauncher, Errno = Errno.Name(-error) };
        }

        using (ours)
        {
            int pid;
            using (theirs)
            {
                pid = Launcher.Spawn(launcherPath, theirs, "look\0"u8);
            }

            try
            {
                Ask(ours, paths);
            }
            finally
            {
                _ = Libc.Signal(pid, SigKill);
                _ = Libc.Reap(pid, s_untilKilled);
            }
        }
    }

    private static void Ask(SafeFileHandle socket, IReadOnlyList<NamedPath> paths)
    {
        var since = Stopwatch.GetTimestamp();
        Span<byte> answer = stackalloc byte[1];
        foreach (var named in paths)
        {
            HostWatch.At(named.Path);
            _ = Libc.WriteAll(socket, [named.IsRead ? Reads : Sees, .. Encoding.UTF8.GetBytes(named.Path), 0]);
            var left = HostWatch.Limit - Stopwatch.GetElapsedTime(since);
            if (left > TimeSpan.Zero && Libc.Poll([new PollEntry { Descriptor = socket.DangerousGetHandle().ToInt32(), Wanted = PollEntry.Readable }], left) != 0)
            {
                if (Libc.Read(socket, answer) == 1)
                {
                    continue;
                }
            }

            throw new SandboxException($"{Words.Quote(named.Path)} did not answer within {HostWatch.Limit.TotalSeconds} s")
            {
                Operation = Operation.LookAtFiles,
                Path = named.Path,
                Errno = "ETIMEDOUT",
                Pointer = named.Pointer,
            };
        }
    }
}
