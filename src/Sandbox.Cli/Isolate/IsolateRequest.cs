namespace Sandbox.Cli.Isolate;

/// <summary>What <c>isolate</c> is told to do.</summary>
internal enum IsolateAction
{
    /// <summary>Makes a box, or empties it.</summary>
    Init,

    /// <summary>Runs a program in a box.</summary>
    Run,

    /// <summary>Removes a box.</summary>
    Cleanup,

    /// <summary>Prints the version.</summary>
    Version,

    /// <summary>Prints where control groups are made.</summary>
    PrintCgRoot,

    /// <summary>Looks whether boxes can be made.</summary>
    CheckConfig,
}

/// <summary>A command line of <c>isolate</c>, read. A limit that is 0 is none; times are milliseconds and sizes KiB, as the options have them.</summary>
internal sealed record IsolateRequest
{
    /// <summary>The largest number of a box.</summary>
    public const int LastBox = int.MaxValue;

    /// <summary>What is to be done; null if nothing was said.</summary>
    public IsolateAction? Action { get; init; }

    /// <summary>The box, 0 to <see cref="LastBox"/>.</summary>
    public int Box { get; init; }

    /// <summary>Where the meta-file goes, <c>-</c> for standard output; null for nowhere.</summary>
    public string? Meta { get; init; }

    /// <summary>File inside that is descriptor 0; null for the caller's.</summary>
    public string? Stdin { get; init; }

    /// <summary>File inside that is descriptor 1; null for the caller's.</summary>
    public string? Stdout { get; init; }

    /// <summary>File inside that is descriptor 2; null for the caller's.</summary>
    public string? Stderr { get; init; }

    /// <summary>Descriptor 2 is what descriptor 1 is.</summary>
    public bool MergesStderr { get; init; }

    /// <summary>Where the program starts, relative to <c>/box</c>; null for there.</summary>
    public string? Directory { get; init; }

    /// <summary>Limit of CPU time.</summary>
    public long Time { get; init; }

    /// <summary>Limit of real time.</summary>
    public long WallTime { get; init; }

    /// <summary>CPU time below which nothing is killed.</summary>
    public long ExtraTime { get; init; }

    /// <summary>Address space of each process.</summary>
    public long Memory { get; init; }

    /// <summary>Box, CPU time and memory are of a group: of all processes together.</summary>
    public bool HasGroup { get; init; }

    /// <summary>Memory of all processes together.</summary>
    public long GroupMemory { get; init; }

    /// <summary>Stack.</summary>
    public long Stack { get; init; }

    /// <summary>Open files of each process.</summary>
    public long OpenFiles { get; init; } = 1024;

    /// <summary>The largest file.</summary>
    public long FileSize { get; init; }

    /// <summary>Processes and threads.</summary>
    public long Processes { get; init; } = 1;

    /// <summary>Blocks of the disk, of 1 KiB, that the box is to have at most.</summary>
    public long QuotaBlocks { get; init; }

    /// <summary>Variables, in order: NAME inherits, NAME= removes, NAME=VALUE sets.</summary>
    public IReadOnlyList<string> Variables { get; init; } = [];

    /// <summary>The caller's variables are there before <see cref="Variables"/> are looked at.</summary>
    public bool InheritsEnvironment { get; init; }

    /// <summary>The rules of <c>--dir</c>, in order.</summary>
    public IReadOnlyList<DirectoryRule> Directories { get; init; } = [];

    /// <summary>The rules that are there unless somebody says otherwise are not.</summary>
    public bool HasNoDefaults { get; init; }

    /// <summary>The caller's network.</summary>
    public bool SharesNetwork { get; init; }

    /// <summary>No line of status.</summary>
    public bool IsSilent { get; init; }

    /// <summary>How many more words.</summary>
    public int Verbosity { get; init; }

    /// <summary>A box in use is waited for.</summary>
    public bool Waits { get; init; }

    /// <summary>Links, FIFOs and sockets that the job has made stay.</summary>
    public bool KeepsSpecialFiles { get; init; }

    /// <summary>The job has the caller's descriptors beyond 2, too.</summary>
    public bool InheritsDescriptors { get; init; }

    /// <summary>The caller's terminal is the job's while it runs.</summary>
    public bool TakesTerminal { get; init; }

    /// <summary>Whose the box is, of real root only.</summary>
    public uint? AsUid { get; init; }

    /// <inheritdoc cref="AsUid"/>
    public uint? AsGid { get; init; }

    /// <summary>What was asked for and cannot be held, in a sentence; null for nothing.</summary>
    public string? Refusal { get; init; }

    /// <summary>The program and its arguments.</summary>
    public IReadOnlyList<string> Program { get; init; } = [];
}
