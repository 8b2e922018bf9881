using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Sandbox.Cli.Interop;

namespace Sandbox.Cli.Isolate;

/// <summary>A box whose lock this process has: as long as it lives, no other does anything with it.</summary>
internal sealed class Box : IDisposable
{
    private const string Format = "sandbox-isolate 1";
    private const uint OwnerOnly = 0x1c0; // rwx------
    private const int MostRecord = 256;

    private static ReadOnlySpan<byte> Work => "box"u8;

    private readonly BoxPlace _place;
    private readonly string _name;
    private readonly SafeFileHandle _lock;

    public Box(BoxPlace place, int number, SafeFileHandle file) =>
        (_place, _name, _lock) = (place, number.ToString(CultureInfo.InvariantCulture), file);

    /// <summary>The path of its folder.</summary>
    public string Path => _place.Path + "/" + _name;

    /// <summary>What was written of it when it was made; null if that is not over.</summary>
    public BoxRecord? Record
    {
        get
        {
            Span<byte> bytes = stackalloc byte[MostRecord];
            var words = Encoding.ASCII.GetString(bytes[..RandomAccess.Read(_lock, bytes, 0)]).TrimEnd('\n').Split('\n');
            return words is [Format, var uid, var gid, "cg" or "no-cg", "ready"] && uint.TryParse(uid, NumberStyles.None, CultureInfo.InvariantCulture, out var user) &&
                uint.TryParse(gid, NumberStyles.None, CultureInfo.InvariantCulture, out var group)
                ? new(user, group, words[3] == "cg")
                : null;
        }
    }

    /// <summary>What is known of files that its jobs have made elsewhere; empty for nothing.</summary>
    public byte[] Made
    {
        get
        {
            var error = TreeCalls.OpenFile(_place.Locks, MadeName, make: false, out var file);
            using (file)
            {
                if (error < 0)
                {
                    return [];
                }

                var bytes = new byte[RandomAccess.GetLength(file)];
                return bytes[..RandomAccess.Read(file, bytes, 0)];
            }
        }

        set
        {
            if (value.Length == 0)
            {
                _ = TreeCalls.Remove(_place.Locks, Encoding.ASCII.GetBytes(MadeName), isDirectory: false);
                return;
            }

            IsolateException.Check(TreeCalls.OpenFile(_place.Locks, MadeName, make: true, out var file), "what the job has made cannot be noted");
            using (file)
            {
                Write(file, value);
            }
        }
    }

    /// <summary>Makes it anew.</summary>
    /// <exception cref="IsolateException">It cannot be made.</exception>
    public void Make(BoxRecord record)
    {
        Write(_lock, []);
        Made = [];
        RemoveFolder();
        IsolateException.Check(TreeCalls.MakeDirectory(_place.Directory, Name, OwnerOnly), "the folder of the box cannot be made");
        IsolateException.Check(TreeCalls.OpenDirectory(_place.Directory, Name, out var folder), "the folder of the box cannot be opened");
        using (folder)
        {
            IsolateException.Check(TreeCalls.MakeDirectory(folder, Work, OwnerOnly), "the box cannot be made");
            if ((record.Uid, record.Gid) != TreeCalls.Self)
            {
                IsolateException.Check(TreeCalls.Give(folder, Work, record.Uid, record.Gid), "the box cannot change its owner");
                IsolateException.Check(TreeCalls.Give(folder, record.Uid, record.Gid), "the folder of the box cannot change its owner");
            }
        }

        Write(_lock, Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Format}\n{record.Uid}\n{record.Gid}\n{(record.HasGroup ? "cg" : "no-cg")}\nready\n")));
    }

    /// <summary>The working folder.</summary>
    /// <exception cref="IsolateException">It is not there any more, or is a link.</exception>
    public SafeFileHandle OpenWork()
    {
        IsolateException.Check(TreeCalls.OpenDirectory(_place.Directory, Name, out var folder), $"chdir({Path})");
        using (folder)
        {
            // A run that was killed may have left it as its job had closed it.
            if (TreeCalls.Status(folder, Work, out var entry) == 0 && entry.IsDirectory && (entry.Mode & OwnerOnly) != OwnerOnly)
            {
                _ = TreeCalls.ChangeMode(folder, Work, entry.Mode | OwnerOnly);
            }

            IsolateException.Check(TreeCalls.OpenDirectory(folder, Work, out var work), $"chdir({Path}/box)");
            return work;
        }
    }

    /// <summary>Removes it, and its lock with it.</summary>
    /// <exception cref="IsolateException">It cannot be removed.</exception>
    public void Remove()
    {
        RemoveFolder();
        Made = [];
        IsolateException.Check(TreeCalls.Remove(_place.Locks, Name, isDirectory: false), "the lock of the box cannot be removed");
    }

    /// <inheritdoc/>
    public void Dispose() => _lock.Dispose();

    private byte[] Name => Encoding.ASCII.GetBytes(_name);

    private string MadeName => _name + ".made";

    private void RemoveFolder()
    {
        var error = TreeCalls.OpenDirectory(_place.Directory, Name, out var folder);
        if (error == -TreeCalls.ENOENT)
        {
            return;
        }

        IsolateException.Check(error, "the folder of the box cannot be opened");
        using (folder)
        {
            BoxTree.Empty(folder);
        }

        IsolateException.Check(TreeCalls.Remove(_place.Directory, Name, isDirectory: true), "the folder of the box cannot be removed");
    }

    private static void Write(SafeFileHandle file, byte[] bytes)
    {
        try
        {
            RandomAccess.SetLength(file, 0);
            RandomAccess.Write(file, bytes, 0);
        }
        catch (IOException failure)
        {
            throw new IsolateException($"what is kept of the box cannot be written: {Diagnostics.Reason(failure)}");
        }
    }
}

/// <summary>Whose a box is, and whether it was made with <c>--cg</c>.</summary>
internal readonly record struct BoxRecord(uint Uid, uint Gid, bool HasGroup);
