using Microsoft.Win32.SafeHandles;
using Sandbox.Execution;
using Sandbox.Execution.Judging;
using Sandbox.Interop;

namespace Sandbox;

/// <summary>A process that has entered a sandbox, with the ends of its streams: from <see cref="RunningSandbox.Enter"/>. It ends with the job at the latest.</summary>
public sealed class EnteredProcess : IDisposable
{
    private const int SigSys = 31;

    private readonly JobEntries _entries;
    private readonly JobEntry _entry;

    internal EnteredProcess(JobEntries entries, JobEntry entry, SafeFileHandle[] ends) => (_entries, _entry, Ends) = (entries, entry, ends);

    /// <summary>
    /// What it reads, to be written; what it writes to stdout and to stderr, to be read: pipes, in this order. With a terminal its master alone, for both. To be
    /// closed, as by disposing of this.
    /// </summary>
    public IReadOnlyList<SafeFileHandle> Ends { get; }

    /// <summary>Passes a signal on to it; of no effect once it has ended.</summary>
    /// <param name="number">1 to 64.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such signal.</exception>
    public void Signal(int number)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(number, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(number, 64);
        _entries.Signal(_entry, number);
    }

    /// <summary>How it ended.</summary>
    /// <param name="cancellationToken">Ends the waiting and nothing else.</param>
    public async Task<EntryResult> WaitAsync(CancellationToken cancellationToken = default)
    {
        var record = await _entry.Ended.WaitAsync(cancellationToken).ConfigureAwait(false);
        return record is not { } told ? new() { Signal = SignalName.Of(9), Message = "the job has ended" }
            : told.Error != 0 ? new() { IsNotRun = true, IsNotFound = told.Call == 1, Message = Describe(told) }
            : (told.Status & 0x7f) is SigSys ? new() { Signal = SignalName.Of(SigSys), Message = "ended by SIGSYS: by it the job's policy ends what makes a system call that it kills for (seccomp(2))" }
            : (told.Status & 0x7f) is var signal and not 0 ? new() { Signal = SignalName.Of(signal), Message = $"ended by {SignalName.Of(signal)}" }
            : new() { ExitCode = (told.Status >> 8) & 0xff, Message = $"exited with code {(told.Status >> 8) & 0xff}" };
    }

    /// <summary>Closes the ends that are here; the process goes on.</summary>
    public void Dispose()
    {
        foreach (var end in Ends)
        {
            end.Dispose();
        }
    }

    private static string Describe(ReportRecord told) => told.Call == 1
        ? "command not found"
        : $"it could not be let in, confined or executed: {Errno.Name(told.Error)}" + (told.Step >= 0 ? $" at step {told.Step}" : "");
}

/// <summary>How a process ended that had entered a sandbox.</summary>
public sealed record EntryResult
{
    /// <summary>Its exit status; null if it has none.</summary>
    public int? ExitCode { get; init; }

    /// <summary>The signal that ended it, such as <c>SIGKILL</c>; null if none did.</summary>
    public string? Signal { get; init; }

    /// <summary>It was not let in, confined or executed: nothing of it ran.</summary>
    public bool IsNotRun { get; init; }

    /// <summary>Because the command was not found.</summary>
    public bool IsNotFound { get; init; }

    /// <summary>One sentence without a full stop.</summary>
    public required string Message { get; init; }
}
