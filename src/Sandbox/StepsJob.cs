namespace Sandbox;

/// <summary>A job of steps that run one after the other, such as compiling a program and trying it on many inputs, each in sandboxes of its own.</summary>
public sealed record StepsJob : JobDocument
{
    /// <inheritdoc/>
    public override string? Name { get; init; }

    /// <summary>The steps, 1 to 64, in order; no two of one name.</summary>
    public required IReadOnlyList<JobStep> Steps { get; init; }

    /// <inheritdoc/>
    public override IEnumerable<JobPart> Parts() => StepParts.Of(this);

    /// <inheritdoc/>
    public override JobDocument WithParts(Func<JobPart, JobSpec> change)
    {
        ArgumentNullException.ThrowIfNull(change);
        return StepParts.Change(this, change);
    }

    /// <inheritdoc/>
    public override long? MemoryAtOnce() => StepParts.MemoryAtOnce(this);

    /// <inheritdoc/>
    public override DocumentResult CancelledBeforeStart(string message) => new StepsResult { Name = Name, Verdict = Verdict.Cancelled, Message = message, Steps = [] };
}

/// <summary>One step of a <see cref="StepsJob"/>.</summary>
public sealed record JobStep
{
    /// <summary>What the job calls it: 1 to 64 letters, digits, <c>-</c>, <c>_</c> and <c>.</c> of ASCII.</summary>
    public required string Name { get; init; }

    /// <summary>What it runs; with <see cref="Cases"/>, once for each of them.</summary>
    public required JobSpec Job { get; init; }

    /// <summary>
    /// Further processes that run at the same time as the job, each in a sandbox of its own, up to 30: the other programs of a communication problem. Default: none. They are for a step whose
    /// <see cref="Check"/> is an <see cref="InteractorCheck"/>, and pipes connect them with it, with the job and with each other (<see cref="JobSpec.Descriptors"/>, <see cref="PipeStdin"/>,
    /// <see cref="PipeOutput"/>). None of them is called <c>job</c> or <c>interactor</c>. They have the files of <see cref="Use"/>, and nothing of the cases.
    /// </summary>
    public IReadOnlyList<JobProcess> Processes { get; init; } = [];

    /// <summary>Files that later steps may use: paths inside the sandbox by the names that they get, which are as those of steps. At most 64, of up to 64 MiB each, and <see cref="ResourceLimits.CollectBytes"/> in sum.</summary>
    public IReadOnlyDictionary<string, string> Keep { get; init; } = new Dictionary<string, string>();

    /// <summary>Files that earlier steps kept, as <c>STEP/NAME</c> by their paths inside this sandbox: shown read-only and executable, without a copy.</summary>
    public IReadOnlyDictionary<string, string> Use { get; init; } = new Dictionary<string, string>();

    /// <summary>What the job is run on, at most 10000; empty (the default) for once, as it is.</summary>
    public IReadOnlyList<StepCase> Cases { get; init; } = [];

    /// <summary>How what it wrote to stdout is judged; null (the default) for not at all. Its stdout is captured then.</summary>
    public OutputCheck? Check { get; init; }

    /// <summary>What happens after something of it that is not ok. Default: everything stops.</summary>
    public FailureAction OnFailure { get; init; }

    /// <summary>
    /// It need not run if it was ok before and everything that it depends on is the same: its result is remembered in the store. Null (the default): it runs. It may have nothing of the host
    /// but files, no <see cref="Cases"/>, <see cref="Check"/> and outputs, and no network.
    /// </summary>
    public StepCaching? Cache { get; init; }

    /// <summary>How many cases run at the same time, 1 to 64; all jobs of a process together run no more than 64 in this way. Default 1.</summary>
    public int Parallel { get; init; } = 1;

    /// <summary>Groups of cases that have points together. Default: none.</summary>
    public IReadOnlyList<CaseGroup> Groups { get; init; } = [];
}

/// <summary>How to tell whether a step may have another result than before.</summary>
public sealed record StepCaching
{
    /// <summary>
    /// For a job in the host's root, absolute paths of all programs, libraries and other files of the host that it uses: the step runs again if one of them has changed. A directory stands for everything
    /// below it. Otherwise empty (the default): an image is known by its digest.
    /// </summary>
    public IReadOnlyList<string> Tools { get; init; } = [];
}

/// <summary>One input of a step: what is different from its <see cref="JobStep.Job"/>.</summary>
public sealed record StepCase
{
    /// <summary>What the job calls it; as the name of a step.</summary>
    public required string Name { get; init; }

    /// <summary>Words that follow the command. Default: none.</summary>
    public IReadOnlyList<string> Args { get; init; } = [];

    /// <summary>Variables beside those of the job, or in their place. Default: none.</summary>
    public IReadOnlyDictionary<string, string> Env { get; init; } = new Dictionary<string, string>();

    /// <summary>What it reads on descriptor 0. Null (the default): what the job says.</summary>
    public Stdin? Stdin { get; init; }

    /// <summary>Files beside those of the job. Default: none.</summary>
    public IReadOnlyList<InjectedFile> Files { get; init; } = [];

    /// <summary>What the check compares with; the job itself never sees it. Null for none.</summary>
    public Content? Answer { get; init; }

    /// <summary>The group that it belongs to; null for none.</summary>
    public string? Group { get; init; }

    /// <summary>
    /// Points, not negative: outside of a group what it is worth (default 0), in a group its weight (default 1).
    /// </summary>
    public double? Points { get; init; }
}

/// <summary>Cases that have points together. They follow one another in <see cref="JobStep.Cases"/>.</summary>
public sealed record CaseGroup
{
    /// <summary>What its cases call it; as the name of a step.</summary>
    public required string Name { get; init; }

    /// <summary>What it is worth, not negative.</summary>
    public required double Points { get; init; }

    /// <summary>How its points are made of its cases. Default: all or nothing, or the part that the worst case has.</summary>
    public GroupScore Score { get; init; }

    /// <summary>Earlier groups of the step that must be ok, else this one is skipped. Default: none.</summary>
    public IReadOnlyList<string> Requires { get; init; } = [];
}

/// <summary>How the points of a group are made of its cases.</summary>
public enum GroupScore
{
    /// <summary>The part that its worst case has.</summary>
    Min,

    /// <summary>The part that its cases have together, by their weights.</summary>
    Sum,
}

/// <summary>What happens after a failure.</summary>
public enum FailureAction
{
    /// <summary>The rest of the step and all later steps are skipped.</summary>
    Stop,

    /// <summary>The rest of the case's group is skipped, and groups that require it.</summary>
    SkipGroup,

    /// <summary>Everything else runs, as far as it does not need what was not made.</summary>
    Continue,
}

/// <summary>How the stdout of a case is judged.</summary>
public abstract record OutputCheck
{
    private protected OutputCheck()
    {
    }

    /// <summary>Byte by byte the same as the answer.</summary>
    public static OutputCheck Exact => new ComparisonCheck { Comparison = OutputComparison.Exact };

    /// <summary>The same lines, whatever white space is at their ends and however many empty lines are at the end.</summary>
    public static OutputCheck Lines => new ComparisonCheck { Comparison = OutputComparison.Lines };

    /// <summary>The same words, whatever white space is between them.</summary>
    public static OutputCheck Tokens => new ComparisonCheck { Comparison = OutputComparison.Tokens };

    /// <summary>As <see cref="Tokens"/>, but where the answer has a number, one that differs by no more than a tolerance, absolutely or relatively.</summary>
    /// <param name="tolerance">Not negative and finite.</param>
    public static OutputCheck Floats(double tolerance) => new ComparisonCheck { Comparison = OutputComparison.Floats, Tolerance = tolerance };

    /// <summary>A program in a sandbox of its own.</summary>
    /// <param name="job">Gets three more words: the paths of the input, of the output and of the answer, which are in <c>/check</c>.</param>
    /// <param name="protocol">What its exit code means.</param>
    public static OutputCheck Program(JobSpec job, CheckProtocol protocol = CheckProtocol.Testlib) => new ProgramCheck { Job = job, Protocol = protocol };

    /// <summary>A program in a sandbox of its own that talks to the job while both run: each reads on descriptor 0 what the other writes to 1, and alone it has the input.</summary>
    /// <param name="job">Gets three more words: the paths of the input, of a file that it may write, and of the answer, which are in <c>/check</c>.</param>
    /// <param name="protocol">What its exit code means.</param>
    public static OutputCheck Interactor(JobSpec job, CheckProtocol protocol = CheckProtocol.Testlib) => new InteractorCheck { Job = job, Protocol = protocol };
}

/// <summary>A comparison with the answer that takes the same memory whatever their size.</summary>
public sealed record ComparisonCheck : OutputCheck
{
    /// <summary>What is compared.</summary>
    public required OutputComparison Comparison { get; init; }

    /// <summary>For <see cref="OutputComparison.Floats"/>: how far numbers may differ, absolutely or relative to the answer's.</summary>
    public double Tolerance { get; init; }
}

/// <summary>What a comparison looks at.</summary>
public enum OutputComparison
{
    /// <summary>Bytes.</summary>
    Exact,

    /// <summary>Lines without the white space at their ends.</summary>
    Lines,

    /// <summary>Words.</summary>
    Tokens,

    /// <summary>Words, with numbers as numbers.</summary>
    Floats,
}

/// <summary>A program that judges.</summary>
public abstract record JudgeCheck : OutputCheck
{
    private protected JudgeCheck()
    {
    }

    /// <summary>Its member in job.json.</summary>
    internal abstract string Member { get; }

    /// <summary>What it runs.</summary>
    public required JobSpec Job { get; init; }

    /// <summary>What its exit code means. Default: as for programs made with testlib.</summary>
    public CheckProtocol Protocol { get; init; }
}

/// <summary>A checker: a program that is given input, output and answer.</summary>
public sealed record ProgramCheck : JudgeCheck
{
    internal override string Member => "program";
}

/// <summary>
/// An interactor: a program that talks to the job and has the input, which the job does not see. The bytes that the job may write to it are those of <see cref="ResourceLimits.OutputBytes"/>, and it has
/// at least a second more than the job's <see cref="ResourceLimits.WallTime"/>, so that a job that is waited for is to blame. The same holds for each of <see cref="JobStep.Processes"/>.
/// </summary>
public sealed record InteractorCheck : JudgeCheck
{
    internal override string Member => "interactor";
}

/// <summary>What the exit code of a checker or an interactor means; every other end is its own failure.</summary>
public enum CheckProtocol
{
    /// <summary>0 ok; 1, 2, 4 and 8 wrong; 3 the checker's failure; 7 points, the first number on its stderr.</summary>
    Testlib,

    /// <summary>42 ok; 43 wrong.</summary>
    Kattis,
}
