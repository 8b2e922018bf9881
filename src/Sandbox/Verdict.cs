namespace Sandbox;

/// <summary>What became of a job; the names in result.json are these in kebab-case.</summary>
public enum Verdict
{
    /// <summary>Exit code 0.</summary>
    Ok,

    /// <summary>A non-zero exit code.</summary>
    ExitCode,

    /// <summary>Ended by a signal that was the job's own doing.</summary>
    Signal,

    /// <summary>Killed at the <c>cpuTime</c> limit.</summary>
    CpuTimeLimit,

    /// <summary>Killed at the <c>wallTime</c> limit.</summary>
    WallTimeLimit,

    /// <summary>Killed after <c>idleTime</c> without CPU progress.</summary>
    IdleLimit,

    /// <summary>Killed for using more than <c>memory</c>.</summary>
    MemoryLimit,

    /// <summary>Killed for writing more than <c>output</c>.</summary>
    OutputLimit,

    /// <summary>Ended by SIGXFSZ.</summary>
    FileSizeLimit,

    /// <summary>Killed by seccomp.</summary>
    PolicyViolation,

    /// <summary>The command could not be executed.</summary>
    ExecFailed,

    /// <summary>A required output is missing, unsafe or too large.</summary>
    OutputError,

    /// <summary>Ended at the caller's wish.</summary>
    Cancelled,

    /// <summary>The sandbox could not be set up.</summary>
    SetupError,

    /// <summary>The sandbox was lost.</summary>
    InternalError,

    /// <summary>Never started: the job is not valid, and <see cref="ErrorReport.Problems"/> lists why.</summary>
    InvalidJob,

    /// <summary>Killed for writing more than <c>disk</c>, where that is counted and not held (see <see cref="Enforcement"/>).</summary>
    DiskLimit,

    /// <summary>Of a step: what it wrote is not the answer.</summary>
    WrongAnswer,

    /// <summary>Of a step: its checker gave a part of the points.</summary>
    Partial,

    /// <summary>Of a step: the checker failed, or the answer cannot be read. It says nothing about the job.</summary>
    CheckError,

    /// <summary>Of a step, a group or a case: not run, because something before it was not ok.</summary>
    Skipped,
}
