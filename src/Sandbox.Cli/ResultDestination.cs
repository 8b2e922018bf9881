using System.Buffers;
using Sandbox.Interop;
using Sandbox.Planning;

namespace Sandbox.Cli;

/// <summary>
/// Where the result goes: standard output, or a file that appears whole or not at all. Whether the file
/// can be written is found out before the job starts.
/// </summary>
internal sealed class ResultDestination
{
    private readonly string? _file;
    private readonly bool _inPlace;

    private ResultDestination(string? file, bool inPlace) => (_file, _inPlace) = (file, inPlace);

    /// <summary>Null, after the reason was told, when the file cannot be written.</summary>
    public static ResultDestination? Open(string? file)
    {
        if (file is null)
        {
            return new ResultDestination(null, inPlace: false);
        }

        try
        {
            var inPlace = IsWrittenInPlace(file);
            if (inPlace && Libc.LookAt(file, follow: true, out _) != HostEntryKind.Missing && !Libc.CanWrite(file))
            {
                throw new UnauthorizedAccessException();
            }

            if (!inPlace)
            {
                // Made and removed at once: kept for the length of the job it would be left behind by a SIGKILL.
                File.Delete(CreateBeside(file, []));
            }

            return new ResultDestination(file, inPlace);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            Diagnostics.Write($"cannot write the result to {file}: {Diagnostics.Reason(exception)}");
            return null;
        }
    }

    /// <summary>Writes the result; false, after the reason was told, when that failed.</summary>
    public bool Write(JobResult result, bool pretty)
    {
        var json = new ArrayBufferWriter<byte>(4096);
        ResultFile.Write(json, result, pretty);
        json.Write("\n"u8);
        if (_file is null)
        {
            StandardStreams.WriteOutput(json.WrittenSpan);
            return !StandardStreams.OutputFailed;
        }

        try
        {
            WriteFile(_file, json.WrittenSpan);
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Diagnostics.Write($"cannot write the result to {_file}: {Diagnostics.Reason(exception)}");
            return false;
        }
    }

    private void WriteFile(string file, ReadOnlySpan<byte> bytes)
    {
        if (_inPlace)
        {
            using var stream = new FileStream(file, FileMode.Create, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
            stream.Write(bytes);
            return;
        }

        var beside = CreateBeside(file, bytes);
        try
        {
            File.Move(beside, file, overwrite: true);
        }
        catch
        {
            File.Delete(beside);
            throw;
        }
    }

    // A rename would replace a device, a FIFO or a link such as /dev/stdout by a regular file.
    private static bool IsWrittenInPlace(string file) => Libc.LookAt(file, follow: false, out _) switch
    {
        HostEntryKind.Folder => throw new UnauthorizedAccessException(),
        HostEntryKind.Special or HostEntryKind.Symlink => true,
        _ => false,
    };

    private static string CreateBeside(string file, ReadOnlySpan<byte> bytes)
    {
        var end = file.LastIndexOf('/') + 1;
        var beside = $"{file[..end]}.{file[end..]}.{Environment.ProcessId}.tmp";
        using var stream = new FileStream(beside, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        stream.Write(bytes);
        return beside;
    }
}
