using System.Text;
using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;
using Sandbox.Planning;
using Sandbox.Storage;

namespace Sandbox.Execution.Collect;

/// <summary>Whether a file of an overlay's upper side has the content it had before: one that was only touched is no change.</summary>
/// <param name="budget">Bytes that may be read for it; a file beyond counts as changed.</param>
internal sealed class ContentComparison(CollectBudget budget)
{
    private const int BufferBytes = 64 << 10;

    private readonly byte[] _left = new byte[BufferBytes];
    private readonly byte[] _right = new byte[BufferBytes];

    /// <summary>Whether the file has the bytes of the one below.</summary>
    public bool IsSame(SafeFileHandle directory, ReadOnlySpan<byte> name, FileStatus status, MergedDirectory below, MergedEntry was)
    {
        if (status.Size != was.Status.Size || budget.Take(status.Size) is not null)
        {
            return false;
        }

        using var before = below.OpenFile(was, name);
        return before is not null && IsSame(directory, name, before);
    }

    /// <summary>Whether something is still what the launcher made of it.</summary>
    public bool IsAsGiven(GivenEntry given, SafeFileHandle directory, ReadOnlySpan<byte> name, FileStatus status, bool existedBefore)
    {
        if (given.IsPlace)
        {
            return !existedBefore && GivenEntry.IsFreshPlace(status);
        }

        if (given.Link is { } link)
        {
            return status.Kind == FileKind.SymbolicLink && LinkText.Read(directory, name) is { } text && text.AsSpan().SequenceEqual(Encoding.UTF8.GetBytes(link));
        }

        var file = given.File!;
        if (status.Kind != FileKind.Regular || status.Permissions != file.Mode)
        {
            return false;
        }

        if (file.Extra < 0)
        {
            return status.Size == file.Content.Length && budget.Take(status.Size) is null && IsSame(directory, name, file.Content.Span);
        }

        using var source = OpenSource(file.Source!, status.Size);
        return source is not null && budget.Take(status.Size) is null && IsSame(directory, name, source);
    }

    // Something else may be there by now: it is opened without waiting, and read only if it is a file.
    private static SafeFileHandle? OpenSource(string path, long size)
    {
        var flags = OpenFlags.NonBlocking | OpenFlags.NoControllingTerminal;
        if (Libc.OpenPath(Encoding.UTF8.GetBytes(path + '\0'), flags, out var file) == 0 &&
            Libc.Status(file, out var status) == 0 && status.Kind == FileKind.Regular && status.Size == size)
        {
            return file;
        }

        file.Dispose();
        return null;
    }

    private bool IsSame(SafeFileHandle directory, ReadOnlySpan<byte> name, SafeFileHandle other)
    {
        var error = UntrustedTree.OpenRegular(directory, name, out var file, out _);
        using (file)
        {
            while (error == 0)
            {
                var count = Fill(file, _left);
                if (count < 0 || count != Fill(other, _right) || !_left.AsSpan(0, count).SequenceEqual(_right.AsSpan(0, count)))
                {
                    return false;
                }

                if (count < BufferBytes)
                {
                    return true;
                }
            }
        }

        return false;
    }

    private bool IsSame(SafeFileHandle directory, ReadOnlySpan<byte> name, ReadOnlySpan<byte> content)
    {
        var error = UntrustedTree.OpenRegular(directory, name, out var file, out _);
        using (file)
        {
            while (error == 0)
            {
                var count = Fill(file, _left);
                if (count < 0 || count > content.Length || !content[..count].SequenceEqual(_left.AsSpan(0, count)))
                {
                    return false;
                }

                content = content[count..];
                if (count < BufferBytes)
                {
                    return content.IsEmpty;
                }
            }
        }

        return false;
    }

    // A read may bring less than there is.
    private static int Fill(SafeFileHandle file, Span<byte> buffer)
    {
        var total = 0;
        while (total < buffer.Length)
        {
            var count = Libc.Read(file, buffer[total..]);
            if (count < 0)
            {
                return count;
            }

            if (count == 0)
            {
                return total;
            }

            total += count;
        }

        return total;
    }
}
