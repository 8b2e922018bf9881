namespace Sandbox.Server.Fronts.Judge0;

/// <summary>Where a submission stands, in the numbers of Judge0.</summary>
internal enum Judge0Status
{
    /// <summary>It waits for a slot.</summary>
    InQueue = 1,

    /// <summary>It is compiled, or runs.</summary>
    Processing,

    /// <summary>It ended with 0 and wrote what was expected, or nothing was.</summary>
    Accepted,

    /// <summary>It wrote something else.</summary>
    WrongAnswer,

    /// <summary>It took too much CPU time or real time.</summary>
    TimeLimitExceeded,

    /// <summary>The compiler failed.</summary>
    CompilationError,

    /// <summary>SIGSEGV ended it.</summary>
    SegmentationFault,

    /// <summary>SIGXFSZ ended it.</summary>
    FileTooLarge,

    /// <summary>SIGFPE ended it.</summary>
    ArithmeticError,

    /// <summary>SIGABRT ended it.</summary>
    Aborted,

    /// <summary>It ended with another code than 0.</summary>
    NonZeroExit,

    /// <summary>Another signal ended it.</summary>
    OtherSignal,

    /// <summary>The sandbox or this server failed.</summary>
    InternalError,

    /// <summary>It could not be executed.</summary>
    ExecFormatError,
}

/// <summary>Their words.</summary>
internal static class Judge0Statuses
{
    private static readonly string[] s_texts =
    [
        "In Queue", "Processing", "Accepted", "Wrong Answer", "Time Limit Exceeded", "Compilation Error", "Runtime Error (SIGSEGV)", "Runtime Error (SIGXFSZ)", "Runtime Error (SIGFPE)", "Runtime Error (SIGABRT)",
        "Runtime Error (NZEC)", "Runtime Error (Other)", "Internal Error", "Exec Format Error",
    ];

    /// <summary>All of them, in order.</summary>
    public static IReadOnlyList<Judge0Status> All { get; } = Enum.GetValues<Judge0Status>();

    /// <summary>One in words.</summary>
    public static string Text(this Judge0Status status) => s_texts[(int)status - 1];

    /// <summary>Nothing becomes of it any more.</summary>
    public static bool IsOver(this Judge0Status status) => status > Judge0Status.Processing;

    /// <summary>That of a process which a signal ended.</summary>
    /// <param name="signal">Its number.</param>
    public static Judge0Status OfSignal(int signal) => signal switch
    {
        11 => Judge0Status.SegmentationFault,
        25 => Judge0Status.FileTooLarge,
        8 => Judge0Status.ArithmeticError,
        6 => Judge0Status.Aborted,
        _ => Judge0Status.OtherSignal,
    };
}
