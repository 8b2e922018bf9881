using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;

namespace Sandbox.Resources.Limits.Cgroups;

/// <summary>A control file that is read again and again while a job runs: one pread(2) a look, nothing allocated.</summary>
/// <remarks>Opened when it is first needed, which is when the job runs: while it is being started, descriptors may be short.</remarks>
internal sealed class ControlFile : IDisposable
{
    private readonly CgroupFolder _folder;
    private readonly string _name;
    private readonly byte[] _buffer = new byte[1024];
    private SafeFileHandle? _handle;

    private ControlFile(CgroupFolder folder, string name) => (_folder, _name) = (folder, name);

    /// <summary>The descriptor, whose exceptional condition says that the file has changed (cgroup-v2.rst, "[Un]populated Notification").</summary>
    public SafeFileHandle? Handle => _handle ?? OpenNow();

    /// <summary>It could not be read the last time: its group or controller is gone (ENODEV, kernfs).</summary>
    public bool IsLost { get; private set; }

    /// <summary>It could not be opened for want of descriptors or memory of our own; the next look tries again.</summary>
    public bool IsStarved { get; private set; }

    /// <summary>One in a group; null where this kernel or this version of control groups has none.</summary>
    public static ControlFile? Open(CgroupFolder folder, string name) => folder.Has(name) ? new ControlFile(folder, name) : null;

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
        var error = _folder.OpenFile(_name, OpenFlags.ReadOnly, out var handle);
        IsStarved = error is -Errno.EMFILE or -Errno.ENFILE or -Errno.ENOMEM;
        return IsStarved ? null : _handle = handle;
    }
}
