namespace Sandbox;

/// <summary>How much of procfs the job sees at <c>/proc</c>.</summary>
public enum ProcView
{
    /// <summary>All of it, with what tells of the host hidden or read-only.</summary>
    Full,

    /// <summary>Processes only: no <c>cpuinfo</c>, <c>meminfo</c>, <c>sys</c> … (proc(5), <c>subset=pid</c>).</summary>
    Pid,
}
