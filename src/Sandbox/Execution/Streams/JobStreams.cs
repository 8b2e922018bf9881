using System.Text;
using Microsoft.Win32.SafeHandles;
using Sandbox.Execution.Collect;
using Sandbox.Host;
using Sandbox.Interop;

namespace Sandbox.Execution.Streams;

/// <summary>The three standard streams of one job, and its further pipes: what the job gets, and what the supervisor moves.</summary>
internal sealed class JobStreams : IDisposable
{
    // A pipe holds 64 KiB, and a pump costs a wake-up for each: smaller inputs are handed over whole.
    private const long LargestInMemory = 1 << 20;

    private readonly OutputDestinations _destinations;
    private readonly List<SafeFileHandle> _pipes = [];
    private SafeFileHandle? _stdin;
    private bool _areInherited;

    private readonly JobAttachment? _caller;

    private JobStreams(OutputDestinations destinations, JobAttachment? caller) => (_destinations, _caller) = (destinations, caller);

    /// <summary>Opens everything the job's specification names; nothing of it is created before all of it can be.</summary>
    /// <param name="spec">The job.</param>
    /// <param name="destinations">Where streams go that go to files.</param>
    /// <param name="caller">Who stays with the job, and may listen to what it says; null for nobody.</param>
    public static JobStreams Open(JobSpec spec, OutputDestinations destinations, JobAttachment? caller = null)
    {
        var streams = new JobStreams(destinations, caller);
        try
        {
            if (spec.Terminal)
            {
                streams.OpenTerminal(spec);
            }
            else
            {
                streams.OpenPipes(spec);
            }

            streams.OpenInherited(spec.Start.Inherited);
            return streams;
        }
        catch
        {
            streams.Dispose();
            throw;
        }
    }

    /// <summary>Set where stdin has to be fed.</summary>
    public IInputFeed? Feed { get; private set; }

    /// <summary>The inode of the sealed memfd that the job reads; null where its input is something else.</summary>
    public ulong? Input { get; private set; }

    /// <summary>null for a job without.</summary>
    public JobTerminal? Terminal { get; private set; }

    public OutputPipe Stdout { get; private set; } = null!;

    /// <summary>null where stderr goes into stdout.</summary>
    public OutputPipe? Stderr { get; private set; }

    /// <summary>What becomes descriptors 0, 1 and 2 of the job.</summary>
    public SafeFileHandle[] JobEnds() => [_stdin!, Stdout.JobEnd, (Stderr ?? Stdout).JobEnd];

    /// <summary>What becomes its descriptors from 3 on, in the order of their numbers.</summary>
    public IReadOnlyList<SafeFileHandle> Pipes => _pipes;

    /// <summary>Makes the pipes the job's, which may then open them by name (/dev/stdout) as it could its own.</summary>
    /// <param name="uid">The user the job is outside.</param>
    /// <param name="gid">The group it is outside.</param>
    /// <exception cref="SandboxException">Real root may not.</exception>
    /// <remarks>proc(5): opening /proc/PID/fd/N asks for the rights on what is behind it, and a pipe is its maker's alone.</remarks>
    public void GiveTo(uint uid, uint gid)
    {
        foreach (var end in (SafeFileHandle?[])[Feed is StdinPump pump ? pump.JobEnd : null, Terminal is null ? Stdout.JobEnd : null, Stderr?.JobEnd, .. _areInherited ? [] : _pipes])
        {
            // EINVAL: there is no such id in this user namespace, which the launcher will meet and explain.
            if (end is not null && Libc.ChangeOwner(end, uid, gid) is var error and < 0 and not -Errno.EINVAL)
            {
                throw Failure("the job cannot be given its streams", Operation.GiveStreams, null, error, null);
            }
        }
    }

    /// <summary>The job has its ends: ours are closed, so that the end of the job is the end of the streams.</summary>
    public void HandedOver()
    {
        _stdin?.Dispose();
        Stdout.JobEnd.Dispose();
        Stderr?.JobEnd.Dispose();
        _pipes.ForEach(static pipe => pipe.Dispose());
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stdin?.Dispose();
        Feed?.Dispose();
        Stdout?.Dispose();
        Stderr?.Dispose();
        Terminal?.Dispose();
        _pipes.ForEach(static pipe => pipe.Dispose());
    }

    // "output" bounds what somebody has to keep.
    private static long? LimitOf(OutputStream spec, ResourceLimits limits) => spec is DiscardStream ? null : limits.OutputBytes;

    private void OpenPipes(JobSpec spec)
    {
        OpenStdin(spec.Stdin);
        Stdout = Output(spec.Stdout, 1, "/stdout", spec.Limits);
        if (spec.Stderr is not MergedStream)
        {
            Stderr = Output(spec.Stderr, 2, "/stderr", spec.Limits);
        }

        foreach (var number in spec.Descriptors.Select(static pipe => pipe.Number).Order())
        {
            _pipes.Add(_caller!.Pipes!.Take(number));
        }
    }

    private void OpenInherited(IReadOnlyList<int> numbers)
    {
        _areInherited = numbers.Count > 0;
        foreach (var number in numbers.Order())
        {
            if (Libc.Duplicate(new(number, ownsHandle: false), 0, out var duplicate) is var error and < 0)
            {
                throw Failure($"the job cannot be given the descriptor {number} of this process", Operation.GiveStreams, null, error, "/start/inherited");
            }

            _pipes.Add(duplicate);
        }
    }

    private OutputPipe Output(OutputStream spec, int descriptor, string pointer, ResourceLimits limits) => spec is PipeOutput
        ? new OutputPipe(_caller!.Pipes!.Take(descriptor))
        : new OutputPipe(Sink(spec, descriptor, pointer), LimitOf(spec, limits));

    // Pid 1 makes the terminal; what is handed over instead of streams is never used.
    private void OpenTerminal(JobSpec spec)
    {
        _stdin = OpenNull();
        Terminal = new JobTerminal();
        Feed = new TerminalInput(Terminal, TypedSource(spec.Stdin));
        Stdout = new OutputPipe(Sink(spec.Stdout, 1, "/stdout"), LimitOf(spec.Stdout, spec.Limits), Terminal, OpenNull());
    }

    private SafeFileHandle TypedSource(Stdin spec) => spec switch
    {
        ContentStdin { Content: InlineContent inline } => MemFile.Create("stdin\0"u8, inline.Bytes.Span),
        ContentStdin { Content: FileContent file } => OpenSource(file.Path, out _),
        InheritStdin => Inherited(0),
        LiveStdin => _caller!.Live!.Take(0),
        _ => OpenNull(),
    };

    private void OpenStdin(Stdin spec)
    {
        switch (spec)
        {
            case ContentStdin { Content: InlineContent inline }:
                Hand(MemFile.Create("stdin\0"u8, inline.Bytes.Span));
                break;
            case ContentStdin { Content: FileContent file }:
                OpenFile(file.Path);
                break;
            case InheritStdin:
                FeedFrom(Inherited(0));
                break;
            case PipeStdin:
                _stdin = _caller!.Pipes!.Take(0);
                break;
            case LiveStdin:
                FeedFrom(_caller!.Live!.Take(0));
                break;
            default:
                // Also for a file of the store, which pid 1 opens in its place, through a mount (StdinStep).
                _stdin = OpenNull();
                break;
        }
    }

    private void OpenFile(string path)
    {
        var file = OpenSource(path, out var status);
        if (status.Kind != FileKind.Regular || status.Size > LargestInMemory)
        {
            FeedFrom(file);
            return;
        }

        using (file)
        {
            Hand(MemFile.Create("stdin\0"u8, Libc.ReadWhole(file, (int)status.Size)));
        }
    }

    private void Hand(SafeFileHandle memory)
    {
        _stdin = memory;
        Input = Libc.Status(memory, out var status) == 0 ? status.Inode : null;
    }

    private void FeedFrom(SafeFileHandle source)
    {
        var pump = new StdinPump(source);
        Feed = pump;
        _stdin = pump.JobEnd;
    }

    // A copy of what is not this process's own, so that its number is no other file's while the job still uses it.
    private SafeFileHandle Inherited(int descriptor)
    {
        if (_caller?.Inherited is not { } streams || streams == InheritedStreams.OfThisProcess)
        {
            return new(descriptor, ownsHandle: false);
        }

        var error = Libc.Duplicate(streams.Descriptors[descriptor], 0, out var copy);
        return error == 0 ? copy : throw Failure("no descriptor for a stream of the job", Operation.OpenStream, null, error, null);
    }

    private static SafeFileHandle OpenNull()
    {
        var error = Libc.OpenForReading("/dev/null\0"u8, out var file);
        return error == 0 ? file : throw Failure("cannot read stdin", Operation.OpenStdin, "/dev/null", error, "/stdin");
    }

    // A FIFO or a process substitution is read as the job reads, for as long as it may run: nobody has to have opened the other end yet.
    private static SafeFileHandle OpenSource(string path, out FileStatus status)
    {
        var error = SourceFile.Open(path, out var file, out status);
        if (error == 0 && status.Kind == FileKind.Directory)
        {
            error = -Errno.EISDIR;
        }

        return error == 0 ? file : throw Failure("cannot read stdin", Operation.OpenStdin, path, error, "/stdin");
    }

    private IOutputSink Sink(OutputStream spec, int descriptor, string pointer)
    {
        var sink = OwnSink(spec, descriptor, pointer);
        sink = _caller?.Observer is { } observer && spec is not DiscardStream ? new ObservedSink(sink, descriptor, observer) : sink;
        return _caller?.Listener is { } listener ? new HeardSink(sink, listener) : sink;
    }

    private IOutputSink OwnSink(OutputStream spec, int descriptor, string pointer)
    {
        switch (spec)
        {
            case InheritStream:
                return new DescriptorSink(Inherited(descriptor), mayBlock: true);
            case LiveStream:
                return new DescriptorSink(_caller!.Live!.Take(descriptor), mayBlock: true);
            case DiscardStream:
                return new DiscardSink();
            case FileOutput file:
                HostWatch.At(file.Path);
                var target = _destinations.OpenStream(file.Path, pointer);

                // A FIFO or a terminal may have a reader that does not read.
                return new DescriptorSink(target, mayBlock: Libc.Status(target, out var status) < 0 || status.Kind != FileKind.Regular);
            default:
                return new CaptureSink();
        }
    }

    private static byte[] Terminated(string path) => Encoding.UTF8.GetBytes(path + '\0');

    private static SandboxException Failure(string message, Operation operation, string? path, int error, string? pointer) =>
        new(message) { Operation = operation, Path = path, Errno = Errno.Name(-error), Pointer = pointer };
}
