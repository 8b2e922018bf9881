using System.Text;
using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;

namespace Sandbox.Execution;

/// <summary>The three standard streams of one job: what the job gets, and what the supervisor moves.</summary>
internal sealed class JobStreams : IDisposable
{
    // A pipe holds 64 KiB, and a pump costs a wake-up for each: smaller inputs are handed over whole.
    private const long LargestInMemory = 1 << 20;

    private SafeFileHandle? _stdin;

    /// <summary>Opens everything the job's specification names; nothing of it is created before all of it can be.</summary>
    public static JobStreams Open(JobSpec spec)
    {
        var streams = new JobStreams();
        try
        {
            streams.OpenStdin(spec.Stdin);
            streams.Stdout = new OutputPipe(Sink(spec.Stdout, 1, "/stdout"), LimitOf(spec.Stdout, spec.Limits));
            if (spec.Stderr is not MergedStream)
                streams.Stderr = new OutputPipe(Sink(spec.Stderr, 2, "/stderr"), LimitOf(spec.Stderr, spec.Limits));
            return streams;
        }
        catch
        {
            streams.Dispose();
            throw;
        }
    }

    /// <summary>Set where stdin has to be fed.</summary>
    public StdinPump? Pump { get; private set; }

    public OutputPipe Stdout { get; private set; } = null!;

    /// <summary>null where stderr goes into stdout.</summary>
    public OutputPipe? Stderr { get; private set; }

    /// <summary>What becomes descriptors 0, 1 and 2 of the job.</summary>
    public SafeFileHandle[] JobEnds() => [Pump?.JobEnd ?? _stdin!, Stdout.JobEnd, (Stderr ?? Stdout).JobEnd];

    /// <summary>The job has its ends: ours are closed, so that the end of the job is the end of the streams.</summary>
    public void HandedOver()
    {
        _stdin?.Dispose();
        Pump?.JobEnd.Dispose();
        Stdout.JobEnd.Dispose();
        Stderr?.JobEnd.Dispose();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stdin?.Dispose();
        Pump?.Dispose();
        Stdout?.Dispose();
        Stderr?.Dispose();
    }

    // "output" bounds what somebody has to keep.
    private static long? LimitOf(StreamSpec spec, ResourceLimits limits) => spec is DiscardStream ? null : limits.OutputBytes;

    private void OpenStdin(StdinSpec spec)
    {
        switch (spec)
        {
            case ContentStdin { Content: InlineContent inline }:
                _stdin = MemFile.Create("stdin\0"u8, inline.Bytes.Span);
                break;
            case ContentStdin { Content: FileContent file }:
                OpenFile(file.Path);
                break;
            case InheritStdin:
                Pump = new StdinPump(new SafeFileHandle(0, ownsHandle: false));
                break;
            default:
                // Also for a file of the store, which pid 1 opens in its place, through a mount (StdinStep).
                _stdin = OpenForReading("/dev/null");
                break;
        }
    }

    private void OpenFile(string path)
    {
        var file = OpenForReading(path);
        if (Libc.Status(file, out var status) != 0 || status.Kind != FileKind.Regular || status.Size > LargestInMemory)
        {
            Pump = new StdinPump(file);
            return;
        }

        using (file)
            _stdin = MemFile.Create("stdin\0"u8, ReadWhole(file, (int)status.Size));
    }

    private static ReadOnlySpan<byte> ReadWhole(SafeFileHandle file, int size)
    {
        var bytes = new byte[size];
        var count = 0;
        while (count < size && Libc.Read(file, bytes.AsSpan(count)) is var read and > 0)
            count += read;
        return bytes.AsSpan(0, count);
    }

    private static SafeFileHandle OpenForReading(string path)
    {
        var error = Libc.OpenForReading(Terminated(path), out var file);
        return error == 0 ? file : throw Failure("cannot read stdin", "open stdin", path, error, "/stdin");
    }

    private static IOutputSink Sink(StreamSpec spec, int descriptor, string pointer)
    {
        switch (spec)
        {
            case InheritStream:
                return new DescriptorSink(new SafeFileHandle(descriptor, ownsHandle: false), mayBlock: true);
            case DiscardStream:
                return new DiscardSink();
            case FileStreamSpec file:
                var error = Libc.OpenToReplace(Terminated(file.Path), out var target);
                if (error < 0)
                    throw Failure("cannot write the stream's file", "open output stream", file.Path, error, pointer);
                return new DescriptorSink(target, mayBlock: false);
            default:
                return new CaptureSink();
        }
    }

    private static byte[] Terminated(string path) => Encoding.UTF8.GetBytes(path + '\0');

    private static SandboxException Failure(string message, string step, string path, int error, string pointer) =>
        new(message) { Phase = "prepare", Step = step, Path = path, Errno = Errno.Name(-error), Pointer = pointer };
}
