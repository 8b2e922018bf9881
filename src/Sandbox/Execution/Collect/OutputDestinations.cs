using Microsoft.Win32.SafeHandles;
using Sandbox.Destinations;
using Sandbox.Host;
using Sandbox.Interop;

namespace Sandbox.Execution.Collect;

// A job with a writable bind can put a link in the place of any directory on the way to where its outputs go, and the host would
// write there what the job says. So all ways are gone before it starts, and only what was found is written to.

/// <summary>Every place of the host that something of a job goes to, opened before the job starts.</summary>
internal sealed class OutputDestinations : IDisposable
{
    private const int AnyMode = 0x180; // 0600: of a file that is never seen

    private readonly Dictionary<string, HostDirectory> _directories = new(StringComparer.Ordinal);
    private readonly HashSet<(ulong Device, ulong Inode, string Name)> _reserved = [];
    private readonly HashSet<HostDirectory> _tried = [];
    private readonly Dictionary<string, OutputPlace> _files = new(StringComparer.Ordinal);
    private readonly List<StreamFile> _streams = [];

    /// <summary>Opens them all; directories that are missing are made.</summary>
    /// <exception cref="SandboxException">One cannot be opened, made or written to.</exception>
    /// <exception cref="InvalidJobException">Two are the same file, by whatever paths.</exception>
    public static OutputDestinations Open(JobSpec spec)
    {
        var destinations = new OutputDestinations();
        try
        {
            destinations.OpenAll(spec);
            return destinations;
        }
        catch
        {
            destinations.Dispose();
            throw;
        }
    }

    /// <summary>The file that the user named.</summary>
    public OutputPlace File(string path) => _files[path];

    /// <summary>A file in the directory that the user named, under names of the job.</summary>
    public OutputPlace Below(string directory, string below, string pointer) =>
        new() { Directory = _directories[directory], DirectoryPath = directory, Below = below, IsReserved = false, Pointer = pointer };

    /// <summary>Notes that something is going to be at a name in a directory; false if something already is.</summary>
    public bool Reserve(HostDirectory directory, string name) => _reserved.Add((directory.Identity.Device, directory.Identity.Inode, name));

    /// <summary>The file of a stream, emptied or made now.</summary>
    /// <exception cref="SandboxException">The host refuses.</exception>
    public SafeFileHandle OpenStream(string path, string pointer)
    {
        var place = File(path);
        var error = place.IsHeld ? HostFile.Replace(place.Directory, place.Name, out var file) : HostFile.OpenToReplace(place.Directory, DirectoryPathOf(path), place.Name, out file);
        if (error < 0)
        {
            throw Failure("cannot write the stream's file", Operation.OpenOutputStream, path, error, pointer);
        }

        // A device or a pipe is its owner's to move about, and what a link such as /dev/stdout leads to is no name of this directory.
        if (Libc.Status(file, out var status) == 0 && status.Kind == FileKind.Regular && place.Directory.Has(place.Name, file))
        {
            _streams.Add(new(pointer[1..], place, file));
        }

        return file;
    }

    /// <summary>Streams whose file is no longer where the user looks for it.</summary>
    public IEnumerable<OutputFailure> DisplacedStreams()
    {
        foreach (var stream in _streams)
        {
            if (!stream.IsInPlace)
            {
                yield return new OutputFailure
                {
                    Path = stream.Name,
                    Error = $"{stream.Place.Path} is no longer where it was when the job started: it, or its directory, was moved, removed or replaced",
                };
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var directory in _directories.Values)
        {
            directory.Dispose();
        }
    }

    private void OpenAll(JobSpec spec)
    {
        if (spec.Stdout is FileOutput stdout)
        {
            TakeStream(stdout, "/stdout");
        }

        if (spec.Stderr is FileOutput stderr)
        {
            TakeStream(stderr, "/stderr");
        }

        if (spec.Diff?.To is { } archive)
        {
            CheckFile(TakeFile(archive, spec.Diff.Held, "/diff"));
        }

        for (var index = 0; index < spec.Outputs.Count; index++)
        {
            var pointer = $"/outputs/{index}";
            var (to, held) = (spec.Outputs[index].To, spec.Outputs[index].Held);
            if (to == OutputSpec.Memory)
            {
                continue;
            }

            if (!to.EndsWith('/'))
            {
                CheckFile(TakeFile(to, held, pointer));
            }
            else
            {
                CheckWritable(OpenDirectory(to, held, pointer), to, pointer);
            }
        }
    }

    // A device, or a FIFO, is written to where the caller has named it himself.
    private void TakeStream(FileOutput stream, string pointer)
    {
        var place = TakeFile(stream.Path, stream.Held, pointer);
        if (place.IsHeld)
        {
            CheckFile(place);
        }
    }

    private OutputPlace TakeFile(string path, HeldPath? held, string pointer)
    {
        var way = DirectoryPathOf(path);
        var place = new OutputPlace { Directory = OpenDirectory(way, held, pointer), DirectoryPath = way, Below = path[way.Length..], IsReserved = true, IsHeld = held is not null, Pointer = pointer };
        if (place.Name is "." or "..")
        {
            throw Failure("an output must be a file", Operation.OpenDestination, path, -Errno.EISDIR, pointer);
        }

        if (!Reserve(place.Directory, place.Name))
        {
            throw new InvalidJobException([new JobProblem { Pointer = pointer + "/to", Message = "is written to already" }]);
        }

        _files.Add(path, place);
        return place;
    }

    // A rename would put a file in the place of a device.
    private void CheckFile(OutputPlace place)
    {
        var error = place.Directory.KindOf(place.Name) switch
        {
            null or FileKind.Regular or FileKind.SymbolicLink => 0,
            FileKind.Directory => -Errno.EISDIR,
            _ => -Errno.EEXIST,
        };
        if (error < 0)
        {
            throw Failure(error == -Errno.EISDIR ? "an output must be a file" : "an output would replace a device, a FIFO or a socket", Operation.OpenDestination, place.Path, error, place.Pointer);
        }

        CheckWritable(place.Directory, place.DirectoryPath, place.Pointer);
    }

    private void CheckWritable(HostDirectory directory, string path, string pointer)
    {
        if (!_tried.Add(directory))
        {
            return;
        }

        var error = NewFile.Create(directory, AnyMode, out var file);
        file?.Dispose();
        if (error < 0)
        {
            throw Failure("cannot write to the directory of an output", Operation.OpenDestination, path, error, pointer);
        }
    }

    private HostDirectory OpenDirectory(string path, HeldPath? held, string pointer)
    {
        if (_directories.TryGetValue(path, out var known))
        {
            return known;
        }

        HostWatch.At(path);
        var failed = path;
        var error = held is null ? HostDirectory.Open(path, makes: true, out var directory, out failed) : HostDirectory.Of(held, out directory);
        if (error < 0)
        {
            throw Failure("cannot open the directory of an output", Operation.OpenDestination, failed, error, pointer);
        }

        _directories.Add(path, directory!);
        return directory!;
    }

    private static string DirectoryPathOf(string path) => path[..(path.LastIndexOf('/') + 1)];

    private static SandboxException Failure(string message, Operation operation, string path, int error, string pointer) => new(message)
    {
        Operation = operation,
        Path = path,
        Errno = Errno.Name(-error),
        Pointer = pointer + "/to",
    };

    /// <summary>A stream that goes to a regular file of the host.</summary>
    private sealed record StreamFile(string Name, OutputPlace Place, SafeFileHandle Handle)
    {
        public bool IsInPlace => Place.Directory.IsInPlace && Place.Directory.Has(Place.Name, Handle);
    }
}
