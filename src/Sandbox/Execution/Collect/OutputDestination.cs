using Sandbox.Destinations;
using Sandbox.Interop;

namespace Sandbox.Execution.Collect;

/// <summary>A file being written on the host, which appears when it is whole.</summary>
internal sealed class OutputDestination : IDisposable
{
    private readonly OutputPlace _place;
    private readonly HostFolder _folder;
    private readonly NewFile _file;

    private OutputDestination(OutputPlace place, HostFolder folder, NewFile file) => (_place, _folder, _file) = (place, folder, file);

    /// <summary>Begins the file, and makes the job's folders on the way. Null, or why it cannot be had.</summary>
    /// <param name="place">Where it is going to be.</param>
    /// <param name="mode">Permissions.</param>
    /// <param name="reserve">Notes a name in a folder; false if something of this job is there already.</param>
    /// <param name="destination">The file.</param>
    /// <exception cref="SandboxException">The host refuses.</exception>
    public static string? Create(OutputPlace place, int mode, Func<HostFolder, string, bool> reserve, out OutputDestination? destination)
    {
        destination = null;
        if (!place.Folder.IsInPlace)
        {
            return Displaced(place);
        }

        if (Descend(place, out var folder) is { } refusal)
        {
            return refusal;
        }

        if (!place.IsReserved && !reserve(folder!, place.Name))
        {
            Leave(place, folder!);
            return $"another output was already written to {place.Path}";
        }

        var error = NewFile.Create(folder!, mode, out var file);
        if (error == 0)
        {
            destination = new(place, folder!, file!);
            return null;
        }

        Leave(place, folder!);
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
        if (!_place.Folder.IsInPlace || !_folder.IsInPlace)
        {
            return Displaced(_place);
        }

        var error = _file.Commit(_place.Name);
        return error == 0 ? null : Refusal(_place, error) ?? throw Failure(Operation.NameOutput, _place.Path, error, _place);
    }

    public void Dispose()
    {
        _file.Dispose();
        Leave(_place, _folder);
    }

    private static string? Descend(OutputPlace place, out HostFolder? folder)
    {
        folder = place.Folder;
        for (int start = 0, end; (end = place.Below.IndexOf('/', start)) >= 0; start = end + 1)
        {
            var error = folder!.Enter(place.Below[start..end], out var next);
            Leave(place, folder);
            folder = next;
            if (error < 0)
            {
                return Refusal(place, error) ?? throw Failure(Operation.CreateOutputDirectory, place.FolderPath + place.Below[..end], error, place);
            }
        }

        return null;
    }

    // The user's folder is held for all outputs.
    private static void Leave(OutputPlace place, HostFolder folder)
    {
        if (folder != place.Folder)
        {
            folder.Dispose();
        }
    }

    // Before the job everything was as it has to be (OutputDestinations). What is in the way now is no failure of the sandbox: a job that
    // may write there could bring it about at will.
    private static string? Refusal(OutputPlace place, int error) => -error switch
    {
        Errno.ELOOP or Errno.ENOTDIR => $"on the way to {place.Path} there is a file or a symbolic link on the host",
        Errno.EISDIR or Errno.EEXIST or Errno.ENOTEMPTY => $"{place.Path} is a folder on the host",
        Errno.ENAMETOOLONG => $"{place.Path} is too long for the host",
        Errno.ENOENT => Displaced(place),
        Errno.EACCES => $"the folder of {place.Path} can no longer be written to",
        Errno.ESTALE => $"{place.Path} was replaced while it was written",
        _ => null,
    };

    private static string Displaced(OutputPlace place) =>
        $"the folder of {place.Path} is no longer where it was when the job started: it was moved, removed or replaced, and nothing was written";

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
    /// <summary>The folder that the user named.</summary>
    public required HostFolder Folder { get; init; }

    /// <summary>The way to it as the user named it, ending with '/'.</summary>
    public required string FolderPath { get; init; }

    /// <summary>The way from there, without a '/' at either end. Names that the job chose are made, never followed, and lead nowhere else.</summary>
    public required string Below { get; init; }

    /// <summary>A file that the user named: nothing else of this job is going to be there.</summary>
    public required bool IsReserved { get; init; }

    /// <summary>JSON pointer of what asked for it.</summary>
    public required string Pointer { get; init; }

    /// <summary>The whole path.</summary>
    public string Path => FolderPath + Below;

    /// <summary>What it is called in its folder.</summary>
    public string Name => Below[(Below.LastIndexOf('/') + 1)..];
}
