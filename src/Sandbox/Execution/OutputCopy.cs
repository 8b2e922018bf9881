using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;

namespace Sandbox.Execution;

/// <summary>Copies one open regular file of the job to a path of the host.</summary>
internal sealed class OutputCopy(SafeFileHandle file, FileStatus status, long maxBytes, OutputBudget budget)
{
    private const int BufferBytes = 128 << 10;
    private const int AnyExecute = 0x49; // 0111
    private const int Plain = 0x1a4;     // 0644
    private const int Executable = 0x1ed; // 0755

    /// <summary>Writes the copy in one step: it appears whole or not at all. Null, or why the file is refused.</summary>
    /// <exception cref="SandboxException">The destination cannot be written.</exception>
    public string? To(string path, string pointer, out (long Bytes, string Sha256) copied)
    {
        copied = default;
        if (status.Size > maxBytes)
            return TooLarge($"it has {Amount.Bytes(status.Size)}");
        if (status.Size > budget.Left)
            return OverBudget();

        using var destination = OutputDestination.Create(path, (status.Mode & AnyExecute) != 0 ? Executable : Plain, pointer);
        var digest = new Sha256();
        if (Copy(destination, digest, out var bytes) is { } error)
            return error;

        destination.Commit();
        copied = (bytes, Convert.ToHexStringLower(digest.Finish()));
        return null;
    }

    // The size was true a moment ago; what counts is what comes.
    private string? Copy(OutputDestination destination, Sha256 digest, out long bytes)
    {
        var buffer = new byte[BufferBytes];
        bytes = 0;
        while (true)
        {
            var count = Libc.Read(file, buffer);
            if (count < 0)
                return $"cannot be read ({Errno.Name(-count)})";
            if (count == 0)
                return null;

            bytes += count;
            if (bytes > maxBytes)
                return TooLarge("it grew while it was read");
            if ((budget.Left -= count) < 0)
                return OverBudget();

            destination.Write(buffer.AsSpan(0, count));
            digest.Add(buffer.AsSpan(0, count));
        }
    }

    private string TooLarge(string found) => $"larger than its maxSize of {Amount.Bytes(maxBytes)}: {found}";

    private static string OverBudget() => "the files of this pattern are larger than 1 GiB in all";
}
