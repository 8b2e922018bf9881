using Sandbox.Running;

namespace Sandbox.Cli;

/// <summary>Where the result goes: standard output, or a file.</summary>
internal sealed class ResultOutput : IDisposable
{
    private readonly string? _file;
    private readonly ResultDestination? _destination;

    private ResultOutput(string? file, ResultDestination? destination) => (_file, _destination) = (file, destination);

    /// <summary>Null, after the reason was told, when the file cannot be written.</summary>
    public static ResultOutput? Open(string? file)
    {
        try
        {
            return new(file, file is null ? null : ResultDestination.Open(file));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Tell(file!, failure);
            return null;
        }
    }

    /// <summary>Writes the result; false, after the reason was told, when that failed.</summary>
    public bool Write(DocumentResult result, bool pretty) => _destination is null ? WriteOutput(result, pretty) : TryWrite(() => _destination.Write(result, pretty));

    /// <summary>Writes a result that is JSON on one line already into the file; false, after the reason was told, when that failed.</summary>
    public bool WriteJson(ReadOnlyMemory<byte> json) => TryWrite(() => _destination!.WriteJson(json));

    /// <inheritdoc/>
    public void Dispose() => _destination?.Dispose();

    private bool TryWrite(Action write)
    {
        try
        {
            write();
            return true;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Tell(_file!, failure);
            return false;
        }
    }

    private static bool WriteOutput(DocumentResult result, bool pretty)
    {
        try
        {
            ResultFile.WriteLine(new StandardOutput(), result, pretty);
            return true;
        }
        catch (IOException failure)
        {
            Diagnostics.Write("the result could not be written to stdout: " + Diagnostics.Reason(failure));
            return false;
        }
    }

    private static void Tell(string file, Exception failure) => Diagnostics.Write(FileFailure.OfResult(file, failure));
}

/// <summary>Standard output for whoever writes to streams; a failure is told by its errno.</summary>
internal sealed class StandardOutput : Stream
{
    /// <inheritdoc/>
    public override bool CanRead => false;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (StandardStreams.TryWriteOutput(buffer) is < 0 and var error)
        {
            throw new IOException(ErrnoNames.Of(-error), -error);
        }
    }

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();
}
