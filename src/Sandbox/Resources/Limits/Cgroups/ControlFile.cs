using System.Globalization;
using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;

namespace Sandbox.Resources.Limits.Cgroups;

/// <summary>A control file that is read again and again while a job runs: one pread(2) a look, nothing allocated.</summary>
/// <remarks>Opened when it is first needed, which is when the job runs: while it is being started, descriptors may be short.</remarks>
internal sealed class ControlFile : IDisposable
{
    private readonly CgroupDirectory _directory;
    private readonly string _name;
    private readonly byte[] _buffer = new byte[1024];
    private SafeFileHandle? _handle;

    private ControlFile(CgroupDirectory directory, string name) => (_directory, _name) = (directory, name);

    /// <summary>The descriptor, whose exceptional condition says that the file has changed (cgroup-v2.rst, "[Un]populated Notification").</summary>
    public SafeFileHandle? Handle => _handle ?? OpenNow();

    /// <summary>It could not be read the last time: its group or controller is gone (ENODEV, kernfs).</summary>
    public bool IsLost { get; private set; }

    /// <summary>It could not be opened for want of descriptors or memory of our own; the next look tries again.</summary>
    public bool IsStarved { get; private set; }

    /// <summary>One in a group; null where this kernel or this version of control groups has none.</summary>
    public static ControlFile? Open(CgroupDirectory directory, string name) => directory.Has(name) ? new ControlFile(directory, name) : null;

    /// <summary>The number in a file of one number.</summary>
    public long Number()
    {
        var text = Text();
        return AsciiNumbers.TakeNumber(ref text, out var number) ? number : 0;
    }

    /// <summary>The value of a key in a file of lines <c>KEY VALUE</c>; 0 where there is no such line.</summary>
    public long Value(ReadOnlySpan<byte> key) => ValueIn(Text(), key);

    /// <summary>The content as it is now; valid until the next look.</summary>
    public ReadOnlySpan<byte> Text()
    {
        var count = Handle is { } handle ? Libc.ReadAt(handle, _buffer, 0) : 0;
        IsLost = count < 0;
        return _buffer.AsSpan(0, Math.Max(count, 0));
    }

    /// <summary>The value of a key in such a text; 0 where there is no such line.</summary>
    public static long ValueIn(ReadOnlySpan<byte> text, ReadOnlySpan<byte> key)
    {
        while (!text.IsEmpty)
        {
            var end = text.IndexOf((byte)'\n');
            var line = end < 0 ? text : text[..end];
            if (line.Length > key.Length && line.StartsWith(key) && line[key.Length] == (byte)' ')
            {
                var rest = line[(key.Length + 1)..];
                return AsciiNumbers.TakeNumber(ref rest, out var number) ? number : 0;
            }

            text = end < 0 ? default : text[(end + 1)..];
        }

        return 0;
    }

    /// <inheritdoc/>
    public void Dispose() => _handle?.Dispose();

    // What is not there any more is kept, and reads as lost (EBADF).
    private SafeFileHandle? OpenNow()
    {
        var error = _directory.OpenFile(_name, OpenFlags.ReadOnly, out var handle);
        IsStarved = error is -Errno.EMFILE or -Errno.ENFILE or -Errno.ENOMEM;
        return IsStarved ? null : _handle = handle;
    }
}

/// <summary>Names of the groups that this program makes. Nothing else may match them: what nobody holds of these is removed.</summary>
internal static class CgroupNames
{
    /// <summary>What the groups of jobs begin with.</summary>
    public const string JobPrefix = "sandbox-job.";

    /// <summary>The group for those who lived in a directory that hands on controllers now; one for each directory, shared and kept.</summary>
    public const string Leaf = "sandbox-room";

    private static long s_last;

    /// <summary>A name for a job's groups that no living host has used: by process, moment and count. A namesake of a process in another pid namespace is refused by mkdir(2), not mixed up.</summary>
    public static string NewJob() => string.Create(
        CultureInfo.InvariantCulture, $"{JobPrefix}{Environment.ProcessId}-{Environment.TickCount64:x}-{Interlocked.Increment(ref s_last):x}");

    /// <summary>Whether it is such a name, to the letter.</summary>
    public static bool IsJob(string name)
    {
        if (!name.StartsWith(JobPrefix, StringComparison.Ordinal))
        {
            return false;
        }

        var parts = name[JobPrefix.Length..].Split('-');
        return parts.Length == 3 && parts.All(static part => part.Length > 0 && part.All(char.IsAsciiHexDigitLower)) && parts[0].All(char.IsAsciiDigit);
    }
}

/// <summary>Switches controllers on for the groups below a directory (cgroup-v2.rst, "Enabling and Disabling").</summary>
internal static class CgroupControllers
{
    private static readonly string[] s_wanted = ["memory", "pids", "cpu", "cpuset", "io"];

    /// <summary>Each one by itself, because one that is refused would refuse them all.</summary>
    /// <returns>Those that are on.</returns>
    public static IReadOnlyList<string> Enable(CgroupDirectory directory, IReadOnlyList<string> available, List<string> refused)
    {
        var on = (directory.Read("cgroup.subtree_control") ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries).ToHashSet();
        foreach (var controller in s_wanted.Intersect(available))
        {
            if (on.Contains(controller))
            {
                continue;
            }

            var error = directory.Write("cgroup.subtree_control", "+" + controller);
            if (error == 0)
            {
                on.Add(controller);
            }
            else
            {
                refused.Add($"the controller {controller} cannot be handed on at {directory.Path}: {Interop.Errno.Name(-error)}");
            }
        }

        return [.. s_wanted.Intersect(on)];
    }
}
