using Sandbox.Destinations;
using Sandbox.Interop;

namespace Sandbox.Execution.Collect;

/// <summary>A file being written on the host, which appears when it is whole.</summary>
internal sealed class OutputDestination : IDisposable
{
    private readonly OutputPlace _place;
    private readonly HostDirectory _directory;
    private readonly NewFile _file;

    private OutputDestination(OutputPlace place, HostDirectory directory, NewFile file) => (_place, _directory, _file) = (place, directory, file);

    /// <summary>Begins the file, and makes the job's directories on the way. Null, or why it cannot be had.</summary>
    /// <param name="place">Where it is going to be.</param>
    /// <param name="mode">Permissions.</param>
    /// <param name="reserve">Notes a name in a directory; false if something of this job is there already.</param>
    /// <param name="destination">The file.</param>
    /// <exception cref="SandboxException">The host refuses.</exception>
    public static string? Create(OutputPlace place, int mode, Func<HostDirectory, string, bool> reserve, out OutputDestination? destination)
    {
        destination = null;
        if (!place.Directory.IsInPlace)
        {
            return Displaced(place);
        }

        if (Descend(place, out var directory) is { } refusal)
        {
            return refusal;
        }

        if (!place.IsReserved && !reserve(directory!, place.Name))
        {
            Leave(place, directory!);
            return $"another output was already written to {place.Path}";
        }

        var error = NewFile.Create(directory!, mode, out var file);
        if (error == 0)
        {
            destination = new(place, directory!, file!);
            return null;
        }

        Leave(place, directory!);
        return Refusal(place, error) ?? throw Failure(Operation.CreateOutput, place.Path, error, place);
    }

    /// <summary>Appends bytes.</summary>
    /// <exception cref="SandboxException">The host refuses, for instance for want of space.</exception>
    public void Write(ReadOnlySpan<byte> bytes) => Check(_file.Write(bytes));

    /// <summary>Appends zeros that take no room where the file system knows holes.</summary>
    /// <exception cref="SandboxException">The host refuses.</exception>
    public void Skip(long bytes) => Check(_file.Skip(bytes));

    /// <summary>Gives the file its name; one that was there before is replaced. Null, or why the name cannot be had.</summary>
    /// <exception cref="SandboxException">The host refuses.</exception>
    public string? Commit()
    {
        if (!_place.Directory.IsInPlace || !_directory.IsInPlace)
        {
            return Displaced(_place);
        }

        var error = _file.Commit(_place.Name);
        return error == 0 ? null : Refusal(_place, error) ?? throw Failure(Operation.NameOutput, _place.Path, error, _place);
    }

    public void Dispose()
    {
        _file.Dispose();
        Leave(_place, _directory);
    }

    private static string? Descend(OutputPlace place, out HostDirectory? directory)
    {
        directory = place.Directory;
        for (int start = 0, end; (end = place.Below.IndexOf('/', start)) >= 0; start = end + 1)
        {
            var error = directory!.Enter(place.Below[start..end], out var next);
            Leave(place, directory);
            directory = next;
            if (error < 0)
            {
                return Refusal(place, error) ?? throw Failure(Operation.CreateOutputDirectory, place.DirectoryPath + place.Below[..end], error, place);
            }
        }

        return null;
    }

    // The user's directory is held for all outputs.
    private static void Leave(OutputPlace place, HostDirectory directory)
    {
        if (directory != place.Directory)
        {
            directory.Dispose();
        }
    }

    // Before the job everything was as it has to be (OutputDestinations). What is in the way now is no failure of the sandbox: a job that
    // may write there could bring it about at will.
    private static string? Refusal(OutputPlace place, int error) => -error switch
    {
        Errno.ELOOP or Errno.ENOTDIR => $"on the way to {place.Path} there is a file or a symbolic link on the host",
        Errno.EISDIR or Errno.EEXIST or Errno.ENOTEMPTY => $"{place.Path} is a directory on the host",
        Errno.ENAMETOOLONG => $"{place.Path} is too long for the host",
        Errno.ENOENT => Displaced(place),
        Errno.EACCES => $"the directory of {place.Path} can no longer be written to",
        Errno.ESTALE => $"{place.Path} was replaced while it was written",
        _ => null,
    };

    private static string Displaced(OutputPlace place) =>
        $"the directory of {place.Path} is no longer where it was when the job started: it was moved, removed or replaced, and nothing was written";

    private void Check(int error)
    {
        if (error < 0)
        {
            throw Failure(Operation.WriteOutput, _place.Path, error, _place);
        }
    }

    private static SandboxException Failure(Operation operation, string path, int error, OutputPlace place) =>
        new($"cannot {OperationTable.Word(operation)} {path}: {Errno.Name(-error)}")
        {
            Operation = operation,
            Path = path,
            Errno = Errno.Name(-error),
            Pointer = place.Pointer + "/to",
        };
}

/// <summary>Where one file goes on the host: what the user wrote, and what the job's names add to it.</summary>
internal sealed record OutputPlace
{
    /// <summary>The directory that the user named.</summary>
    public required HostDirectory Directory { get; init; }

    /// <summary>The way to it as the user named it, ending with '/'.</summary>
    public required string DirectoryPath { get; init; }

    /// <summary>The way from there, without a '/' at either end. Names that the job chose are made, never followed, and lead nowhere else.</summary>
    public required string Below { get; init; }

    /// <summary>A file that the user named: nothing else of this job is going to be there.</summary>
    public required bool IsReserved { get; init; }

    /// <summary>Somebody found the directory for a caller who names what is at the name there: that is replaced, and never opened.</summary>
    public bool IsHeld { get; init; }

    /// <summary>JSON pointer of what asked for it.</summary>
    public required string Pointer { get; init; }

    /// <summary>The whole path.</summary>
    public string Path => DirectoryPath + Below;

    /// <summary>What it is called in its directory.</summary>
    public string Name => Below[(Below.LastIndexOf('/') + 1)..];
}
