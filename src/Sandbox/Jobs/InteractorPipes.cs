namespace Sandbox.Jobs;

/// <summary>What the job of a step and its interactor are called among the processes that run together, and the two pipes by which they talk.</summary>
internal static class InteractorPipes
{
    /// <summary>What the job is called.</summary>
    public const string Solution = "job";

    /// <summary>What the interactor is called.</summary>
    public const string Interactor = "interactor";

    private const string Questions = "from-job";
    private const string Replies = "to-job";

    /// <summary>The job as one of the processes.</summary>
    public static JobProcess SolutionFor(JobSpec job) => new()
    {
        Name = Solution,
        Job = job with { Stdin = new PipeStdin { Pipe = Replies }, Stdout = new PipeOutput { Pipe = Questions } },
    };

    /// <summary>The interactor as one of them, with the other ends.</summary>
    public static JobProcess InteractorFor(JobSpec job) => new()
    {
        Name = Interactor,
        Job = job with { Stdin = new PipeStdin { Pipe = Questions }, Stdout = new PipeOutput { Pipe = Replies } },
    };
}
