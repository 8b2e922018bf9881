using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;
using Sandbox.Cli.Interop;

namespace Sandbox.Cli.Isolate;

// Isolate's jobs own what they make, and change it whatever its mode. Where jobs are the caller outside, nothing in a file tells whose it is: what is there after a run and was not before is the
// job's, as long as nobody touches it between the runs (then its time of change is another one, stat(2)). A number is used again for another file, and the time of birth with it is not (statx(2));
// where the file system has none, the mode decides.

/// <summary>The files that jobs of a box have made in the caller's directories.</summary>
internal sealed class MadeFiles
{
    private const int MostNames = 65536;
    private const int Deepest = 64;
    private const int Size = 32;

    // The clock of files goes on in jiffies, of which there are at least a hundred in a second.
    private const long Jiffy = 10_000_000;

    private readonly Dictionary<FileBirth, long> _made = [];
    private readonly HashSet<FileBirth> _seen = [];
    private readonly HashSet<FileBirth> _own = [];

    /// <summary>Those of the runs before.</summary>
    /// <param name="kept">As <see cref="Bytes"/> had them; empty for none.</param>
    public MadeFiles(ReadOnlySpan<byte> kept)
    {
        for (; kept.Length >= Size; kept = kept[Size..])
        {
            var birth = new FileBirth(BinaryPrimitives.ReadUInt64LittleEndian(kept), BinaryPrimitives.ReadUInt64LittleEndian(kept[8..]), BinaryPrimitives.ReadInt64LittleEndian(kept[16..]));
            _made[birth] = BinaryPrimitives.ReadInt64LittleEndian(kept[24..]);
        }
    }

    /// <summary>To be kept until the next run.</summary>
    public byte[] Bytes
    {
        get
        {
            var bytes = new byte[_made.Count * Size];
            var place = bytes.AsSpan();
            foreach (var (birth, changed) in _made)
            {
                BinaryPrimitives.WriteUInt64LittleEndian(place, birth.Device);
                BinaryPrimitives.WriteUInt64LittleEndian(place[8..], birth.Inode);
                BinaryPrimitives.WriteInt64LittleEndian(place[16..], birth.Born);
                BinaryPrimitives.WriteInt64LittleEndian(place[24..], changed);
                place = place[Size..];
            }

            return bytes;
        }
    }

    /// <summary>A job has made it, and nobody has touched it since; it is noted that it is there before this run.</summary>
    public bool Has(TreeEntry entry)
    {
        if (entry.Birth is not { } birth)
        {
            return false;
        }

        _seen.Add(birth);
        if (!_made.TryGetValue(birth, out var changed) || changed != entry.Changed)
        {
            return false;
        }

        _own.Add(birth);
        return true;
    }

    /// <summary>Looks for what has been made since, and forgets what is gone.</summary>
    /// <param name="directories">All that were looked at before; nothing of the job runs any more.</param>
    public void Note(IEnumerable<string> directories)
    {
        var (found, left) = (new Dictionary<FileBirth, long>(), MostNames);
        foreach (var directory in directories)
        {
            if (TreeCalls.OpenDirectory(Descriptors.RealPath(directory) ?? directory, out var opened) == 0)
            {
                Look(opened, found, ref left, Deepest);
            }

            opened.Dispose();
        }

        _made.Clear();
        foreach (var (birth, changed) in left < 0 ? [] : found)
        {
            if (_own.Contains(birth) || !_seen.Contains(birth))
            {
                _made.Add(birth, changed);
            }
        }

        WaitUntilLaterChangesShow(_made.Values.DefaultIfEmpty().Max());
    }

    // Whatever the caller does next has another time than what the job did last.
    private static void WaitUntilLaterChangesShow(long latest)
    {
        for (var end = Now() + Jiffy; Now() <= latest + Jiffy && Now() < end;)
        {
            Thread.Sleep(1);
        }

        static long Now() => (DateTime.UtcNow - DateTime.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;
    }

    private static void Look(SafeFileHandle directory, Dictionary<FileBirth, long> found, ref int left, int depth)
    {
        foreach (var name in TreeNames.Of(directory))
        {
            if (--left < 0)
            {
                return;
            }

            if (TreeCalls.Status(directory, name, out var entry) < 0)
            {
                continue;
            }

            if (entry.Birth is { } birth)
            {
                found[birth] = entry.Changed;
            }

            if (entry.IsDirectory && depth > 0)
            {
                if (TreeCalls.OpenDirectory(directory, name, out var below) == 0)
                {
                    Look(below, found, ref left, depth - 1);
                }

                below.Dispose();
            }
        }
    }
}

/// <summary>A file that is no other one, before or after.</summary>
/// <param name="Device">Its device.</param>
/// <param name="Inode">Its number there.</param>
/// <param name="Born">When it was made, in nanoseconds since 1970.</param>
internal readonly record struct FileBirth(ulong Device, ulong Inode, long Born);
