using Sandbox.Interop;
using Sandbox.Jobs;

namespace Sandbox.Execution.Streams;

/// <summary>All pipes between the processes of one job.</summary>
internal sealed class PipeSet : IDisposable
{
    private readonly List<ProcessPipes> _ends;
    private readonly List<RelayedPipe> _relayed = [];
    private PipeRelay? _relay;

    private PipeSet(ProcessesJob job) => _ends = [.. job.Processes.Select(static _ => new ProcessPipes())];

    /// <summary>The ends of each process, in the order of the job.</summary>
    public IReadOnlyList<ProcessPipes> Ends => _ends;

    /// <summary>Makes them; what is relayed moves from now on.</summary>
    /// <exception cref="SandboxException">There are no descriptors left.</exception>
    public static PipeSet Open(ProcessesJob job, JointEnd end)
    {
        var pipes = new PipeSet(job);
        try
        {
            pipes.Make(job, end);
            return pipes;
        }
        catch
        {
            pipes.Dispose();
            throw;
        }
    }

    /// <summary>What went through those that are relayed, once all processes are over.</summary>
    public IReadOnlyList<PipeResult> Finish() => _relay?.Finish() ?? [];

    /// <inheritdoc/>
    public void Dispose()
    {
        _ends.ForEach(static ends => ends.Dispose());
        _relay?.Dispose();
        _relayed.ForEach(static pipe => pipe.Dispose());
    }

    private void Make(ProcessesJob job, JointEnd end)
    {
        var ends = job.Processes.SelectMany(static (process, index) => ProcessesForm.EndsOf(process.Job).Select(end => (Process: index, End: end))).ToList();
        var clock = new TranscriptClock();
        foreach (var writer in ends.Where(static end => end.End.Writes))
        {
            var reader = ends.Single(other => !other.End.Writes && other.End.Pipe == writer.End.Pipe);
            var pipe = job.Pipes.FirstOrDefault(pipe => pipe.Name == writer.End.Pipe);
            if (pipe is not { IsRelayed: true } && job.Limits.OutputBytes is null)
            {
                Connect(_ends[writer.Process], writer.End.Descriptor, _ends[reader.Process], reader.End.Descriptor);
                continue;
            }

            var relayed = new RelayedPipe(writer.End.Pipe, job.Processes[writer.Process].Name, job.Processes[reader.Process].Name)
            {
                Transcript = pipe is { TranscriptBytes: > 0 and var most } ? new(most, clock) : null,
                Heard = end.HearerOf(writer.Process, pipe),
                DropsUnread = pipe?.DropsUnread ?? false,
            };
            _relayed.Add(relayed);
            _ends[writer.Process].Give(writer.End.Descriptor, relayed.WriterEnd);
            _ends[reader.Process].Give(reader.End.Descriptor, relayed.ReaderEnd);
        }

        _relay = _relayed.Count == 0 ? null : new PipeRelay(_relayed);
    }

    private static void Connect(ProcessPipes writer, int writes, ProcessPipes reader, int reads)
    {
        if (Libc.BlockingPipe(out var read, out var write) is var error and < 0)
        {
            throw new SandboxException("no pipe for the job's processes") { Operation = Operation.MakePipe, Errno = Errno.Name(-error) };
        }

        writer.Give(writes, write);
        reader.Give(reads, read);
    }
}
