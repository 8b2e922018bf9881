using Sandbox.Execution.Judging;
using Sandbox.Host;
using Sandbox.Interop;
using Sandbox.Planning;
using Sandbox.Planning.Steps;
using Sandbox.Text;

namespace Sandbox.Execution;

/// <summary>The words for a failure that the launcher reports as a step's index and an errno.</summary>
internal static class SetupFailures
{
    /// <summary>Who it may have been.</summary>
    public const string LostHint = "look for the kernel's OOM killer in the host's log, and run the job again";

    private const uint NotFound = 1;
    private const uint MissingInterpreter = 2;
    private const uint MissingLoader = 3;
    private const uint WrongFormat = 4;
    private const uint DataTooLarge = 5;
    private const uint ForeignMachine = 6;
    private const uint SpaceTooSmall = 8;
    private const uint CarriageReturn = 9;

    /// <summary>The result of a job of which nothing more can be found out.</summary>
    public static JobResult Lost(JobSpec job, SandboxException failure)
    {
        var error = Of(failure);
        return JobResult.NotRun(job.Name, Verdict.InternalError, error.Message, error);
    }

    /// <summary>The result of a job that something kept from starting.</summary>
    public static JobResult NotRun(JobSpec job, SandboxException failure)
    {
        var error = Of(failure);
        return JobResult.NotRun(job.Name, Verdict.SetupError, error.Message, error);
    }

    /// <summary>Why the command could not be executed; null if it is the sandbox that failed.</summary>
    public static ExecFailure? Exec(ReportRecord failed, SandboxPlan plan, string program) =>
        StepOf(failed, plan) is not ExecStep ? null : new()
        {
            Program = program,
            Errno = Errno.Name(failed.Error),
            ProgramExists = failed.Detail is not NotFound,
            Limit = failed.Detail switch
            {
                DataTooLarge => NameOf(plan, Rlimit.Data),
                SpaceTooSmall => NameOf(plan, Rlimit.As),
                _ => null,
            },
            Detail = failed.Detail switch
            {
                MissingInterpreter => Interpreter(failed.Error),
                CarriageReturn => "its first line ends with a carriage return, as lines do on Windows, and the kernel takes that for a part of the interpreter's name",
                MissingLoader => "its ELF loader does not exist",
                WrongFormat => "neither an ELF program nor a script with #!",
                DataTooLarge => $"its data segments are larger than {Size(plan, Rlimit.Data)}",
                SpaceTooSmall => $"its segments, its loader and its stack are larger than {Size(plan, Rlimit.As)}",
                ForeignMachine => "it is built for another machine",
                _ => null,
            },
        };

    private static string Interpreter(int errno) => errno switch
    {
        Errno.ENOENT => "the interpreter after #! does not exist",
        Errno.ENOEXEC => "after #! there is no path, or one that is too long for the kernel (execve(2): 256 bytes)",
        _ => "the interpreter after #! is not a file that the job may execute",
    };

    private static string NameOf(SandboxPlan plan, Rlimit resource) => plan.StepOf(resource)!.Origin["/limits/".Length..];

    private static string Size(SandboxPlan plan, Rlimit resource) => Amount.Bytes((long)Math.Min(plan.StepOf(resource)!.Soft, long.MaxValue));

    /// <summary>What failed in the sandbox itself.</summary>
    public static ErrorReport Setup(ReportRecord failed, SandboxPlan plan)
    {
        var errno = Errno.Name(failed.Error);
        if (StepOf(failed, plan) is not { } step)
        {
            return Clone(errno);
        }

        return new()
        {
            Phase = step.Phase.OfJob(),
            Step = step.Name,
            Path = step.Path,
            Errno = errno,
            Message = $"cannot {step.Describe()}: {errno}",
            Hint = OverlayHints.For(step, plan.Steps, errno, new HostFiles()) ?? Hints.For(step.Operation, errno),
            Pointer = step.Origin.Length > 0 ? step.Origin : null,
        };
    }

    /// <summary>The launcher ended the set-up for taking too long.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="index">Where in the plan it was.</param>
    /// <param name="stuck">What did not end either; null if everything did.</param>
    public static ErrorReport Expired(SandboxPlan plan, int index, string? stuck)
    {
        var step = index >= 0 && index < plan.Steps.Count ? plan.Steps[index] : null;
        return new()
        {
            Phase = step?.Phase.OfJob() ?? JobPhase.Setup,
            Step = step?.Name,
            Path = step?.Path,
            Errno = "ETIMEDOUT",
            Message = $"the sandbox was not set up within {plan.SetupTime.TotalSeconds} s" +
                (step is null ? "" : $", it was about to {step.Describe()}") + (stuck is null ? "" : $"; {stuck} could not be ended"),
            Hint = "a source of a mount does not answer (NFS, FUSE), or the host is overloaded: take that mount out of the job, or run fewer jobs at once",
            Pointer = step is { Origin.Length: > 0 } ? step.Origin : null,
        };
    }

    /// <summary>Something of the job lives although everything that ends processes was done.</summary>
    public static ErrorReport NotEnded(string stuck) => Of(
        Operation.EndJob, "ETIMEDOUT", $"the job could not be ended: {stuck} did not die within {LauncherPatience.Teardown.TotalSeconds} s of being killed");

    /// <summary>What an exception of the managed side says.</summary>
    public static ErrorReport Of(SandboxException failure) => new()
    {
        Phase = failure.Phase,
        Step = failure.Step,
        Path = failure.Path,
        Errno = failure.Errno,
        Message = Sentence(failure),
        Hint = failure.Hint ?? Hints.For(failure.Operation, failure.Errno),
        Pointer = failure.Pointer,
    };

    /// <summary>What an exception that nobody expected says.</summary>
    public static ErrorReport Of(Exception failure) => failure is OutOfMemoryException
        ? new() { Phase = JobPhase.Run, Errno = "ENOMEM", Message = "the sandbox has no memory left: ENOMEM", Hint = OperationTable.Hint(null, "ENOMEM") }
        : new() { Phase = JobPhase.Run, Message = $"the sandbox failed: {failure.GetType().Name}", Hint = "this is a fault of the sandbox: please report it with the job file" };

    // With path and errno, as the failures of steps have them: most readers of a result look no further than its message.
    private static string Sentence(SandboxException failure)
    {
        var sentence = failure.Message;
        if (failure.Path is { } path && !sentence.Contains(Words.Quote(path), StringComparison.Ordinal))
        {
            sentence += ": " + Words.Quote(path);
        }

        return failure.Errno is { } errno && !sentence.Contains(errno, StringComparison.Ordinal) ? $"{sentence}: {errno}" : sentence;
    }

    private static ErrorReport Clone(string errno) => errno is "EPROTO" or "EBADMSG"
        ? Of(Operation.ReadPlan, errno, $"the launcher refused the plan: {errno}; it is of another version")
        : Of(Operation.Clone, errno, $"cannot create the namespaces of the job: {errno}");

    private static ErrorReport Of(Operation operation, string errno, string message) => new()
    {
        Phase = OperationTable.Of(operation).Phase,
        Step = OperationTable.Word(operation),
        Errno = errno,
        Message = message,
        Hint = Hints.For(operation, errno),
    };

    private static PlanStep? StepOf(ReportRecord failed, SandboxPlan plan) =>
        failed.Step >= 0 && failed.Step < plan.Steps.Count ? plan.Steps[failed.Step] : null;
}
