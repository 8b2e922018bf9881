using System.Buffers.Text;

namespace Sandbox.Resources.Limits;

// /proc/PID/smaps names device and inode of every mapping. Shared memory that neither a tmpfs, nor a memfd, nor a
// System V segment accounts for (shared anonymous mappings, memfds whose descriptor is closed) is known from here only.

/// <summary>Adds up the proportional share of mappings on the kernel's internal shared memory that nothing else counts.</summary>
internal sealed class SharedMappings(ulong device, Func<ulong, bool> isCounted)
{
    private bool _isWanted;

    /// <summary>Bytes found.</summary>
    public long Bytes { get; private set; }

    /// <summary>Takes the next whole line of the file, without its end.</summary>
    public void AddLine(ReadOnlySpan<byte> line)
    {
        if (line.StartsWith("Pss:"u8))
        {
            var rest = line["Pss:"u8.Length..];
            if (_isWanted && AsciiNumbers.TakeNumber(ref rest, out var kibibytes))
                Bytes += kibibytes * 1024;
            return;
        }

        // Headings begin with an address in lower-case hexadecimal, figures with a capital letter.
        if (line.Length > 0 && line[0] is >= (byte)'0' and <= (byte)'9' or >= (byte)'a' and <= (byte)'f')
            _isWanted = IsWanted(line);
    }

    // start-end perms offset major:minor inode path; the path is the job's to choose and is not looked at,
    // but for the segments' names, which the kernel makes on this device only.
    private bool IsWanted(ReadOnlySpan<byte> heading)
    {
        if (!AsciiNumbers.SkipColumns(ref heading, 3))
            return false;

        heading = heading.TrimStart((byte)' ');
        if (!TakeHexadecimal(ref heading, (byte)':', out var major) || !TakeHexadecimal(ref heading, (byte)' ', out var minor)
            || !AsciiNumbers.TakeNumber(ref heading, out var inode))
            return false;

        return ((major << 32) | minor) == device
            && !heading.TrimStart((byte)' ').StartsWith("/SYSV"u8)
            && !isCounted((ulong)inode);
    }

    private static bool TakeHexadecimal(ref ReadOnlySpan<byte> text, byte end, out ulong number)
    {
        var isNumber = Utf8Parser.TryParse(text, out number, out var length, 'x') && length < text.Length && text[length] == end;
        text = isNumber ? text[(length + 1)..] : text;
        return isNumber;
    }
}
