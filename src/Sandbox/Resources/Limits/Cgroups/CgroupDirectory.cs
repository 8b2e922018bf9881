using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;

namespace Sandbox.Resources.Limits.Cgroups;

/// <summary>An open directory of a control group hierarchy; its files are opened relative to it, so that a directory made anew under the same name is never mistaken for it.</summary>
internal sealed class CgroupDirectory : IDisposable
{
    private const int DirectoryMode = 0x1ed; // 0755

    private readonly SafeFileHandle _handle;

    private CgroupDirectory(SafeFileHandle handle, string path) => (_handle, Path) = (handle, path);

    /// <summary>Where it is, for messages.</summary>
    public string Path { get; }

    /// <summary>The descriptor, for clone3(2) and for locks.</summary>
    public SafeFileHandle Handle => _handle;

    /// <summary>Opens a directory of the host; 0 or the negated errno.</summary>
    public static int Open(string path, out CgroupDirectory directory)
    {
        var error = Libc.OpenDirectoryToList(Name(path), out var handle);
        directory = new CgroupDirectory(handle, path);
        return error;
    }

    /// <summary>Opens a group below; 0 or the negated errno.</summary>
    public int OpenBelow(string name, out CgroupDirectory directory)
    {
        var flags = OpenFlags.ReadOnly | OpenFlags.Directory;
        var error = Libc.OpenAt(_handle, Name(name), flags, out var handle);

        // One that was made just now has lost to the caller's umask what its owner needs (mkdir(2)); others' stay as they are (EPERM).
        if (error == -Errno.EACCES && Libc.ChangeModeAt(_handle, Name(name), DirectoryMode) == 0)
        {
            handle.Dispose();
            error = Libc.OpenAt(_handle, Name(name), flags, out handle);
        }

        directory = new CgroupDirectory(handle, $"{Path}/{name}");
        return error;
    }

    /// <summary>Makes a group below; 0 or the negated errno.</summary>
    public int Make(string name) => Libc.MakeDirectoryAt(_handle, Name(name));

    /// <summary>Removes a group below; EBUSY while it has processes or groups of its own.</summary>
    public int Remove(string name) => Libc.RemoveDirectoryAt(_handle, Name(name));

    /// <summary>Opens a control file; 0 or the negated errno.</summary>
    public int OpenFile(string file, int flags, out SafeFileHandle handle) => Libc.OpenAt(_handle, Name(file), flags, out handle);

    /// <summary>Writes to a control file; 0 or the negated errno.</summary>
    public int Write(string file, string text)
    {
        var error = OpenFile(file, OpenFlags.WriteOnly, out var handle);
        using (handle)
        {
            return error < 0 ? error : Math.Min(Libc.Write(handle, Encoding.ASCII.GetBytes(text)), 0);
        }
    }

    /// <summary>Writes to a control file.</summary>
    /// <exception cref="SandboxException">The kernel refuses the value.</exception>
    public void Set(string file, string text, string pointer)
    {
        if (Write(file, text) is var error and < 0)
        {
            throw Failure($"the control group does not take {text}", file, error, pointer);
        }
    }

    /// <summary>What a control file says, without the final line end; null if there is no such file.</summary>
    public string? Read(string file)
    {
        var error = OpenFile(file, OpenFlags.ReadOnly, out var handle);
        using (handle)
        {
            if (error < 0)
            {
                return null;
            }

            var text = new StringBuilder();
            Span<byte> buffer = stackalloc byte[4096];
            int count;
            while ((count = Libc.Read(handle, buffer)) > 0)
            {
                text.Append(Encoding.ASCII.GetString(buffer[..count]));
            }

            return count < 0 ? null : text.ToString().TrimEnd('\n');
        }
    }

    /// <summary>The number in a control file, <see cref="long.MaxValue"/> for <c>max</c>; null if there is none.</summary>
    public long? Number(string file) => Read(file) switch
    {
        null => null,
        "max" => long.MaxValue,
        var text => ulong.TryParse(text, CultureInfo.InvariantCulture, out var number) ? (long)Math.Min(number, long.MaxValue) : null,
    };

    /// <summary>A control file is there.</summary>
    public bool Has(string file) => Libc.StatusAt(_handle, Name(file), out _) == 0;

    /// <summary>The names of the groups below that begin so.</summary>
    public List<string> Below(string prefix)
    {
        var names = new List<string>();
        var start = Encoding.ASCII.GetBytes(prefix);
        var listing = new DirectoryReader(8192);
        listing.Attach(_handle);
        while (listing.Next(out var name))
        {
            if (name.StartsWith(start))
            {
                names.Add(Encoding.UTF8.GetString(name));
            }
        }

        return names;
    }

    /// <summary>The words for a refusal.</summary>
    public SandboxException Failure(string message, string? file, int error, string? pointer = null, Operation operation = Operation.UseCgroup) => new(message)
    {
        Operation = operation,
        Path = file is null ? Path : $"{Path}/{file}",
        Errno = Errno.Name(-error),
        Pointer = pointer,
    };

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();

    private static byte[] Name(string name) => Encoding.UTF8.GetBytes(name + '\0');
}
