using System.Text;
using Sandbox;

namespace Judge;

/// <summary>What became of a submission, in the words of a contest.</summary>
internal enum Outcome
{
    Accepted,
    WrongAnswer,
    Partial,
    TimeLimit,
    MemoryLimit,
    OutputLimit,
    RunTimeError,
    CompileError,
    Skipped,

    /// <summary>It says nothing of the submission: the sandbox, a checker or an interactor failed.</summary>
    JudgeError,
}

/// <summary>The result of a submission.</summary>
/// <param name="Outcome">Of the first test that was not accepted.</param>
/// <param name="Points">What it has.</param>
/// <param name="MaxPoints">What there is.</param>
/// <param name="Log">What the compiler said, fit to be shown.</param>
/// <param name="Subtasks">In the order of the problem; none where it was not compiled.</param>
internal sealed record Report(Outcome Outcome, double Points, double MaxPoints, string Log, IReadOnlyList<SubtaskReport> Subtasks)
{
    private const int MostOfLog = 8 << 10;

    /// <summary>Without what only its own page shows.</summary>
    public Report Brief() => this with { Log = "", Subtasks = [] };

    /// <summary>Of a submission of which no test was run.</summary>
    public static Report WithoutTests(Problem problem, Outcome outcome, string log = "") => new(outcome, 0, problem.Subtasks.Sum(static subtask => subtask.Points), log, []);

    /// <summary>Of a job of <see cref="Jobs.For"/>.</summary>
    public static Report Of(Problem problem, StepsResult result)
    {
        var (compile, tests) = (result.Steps[0], result.Steps[1]);
        if (compile.Verdict != Verdict.Ok)
        {
            return TestReport.OutcomeOf(compile.Verdict) == Outcome.JudgeError ? WithoutTests(problem, Outcome.JudgeError) : WithoutTests(problem, Outcome.CompileError, Said(compile));
        }

        var subtasks = problem.Subtasks.Zip(tests.Groups, (subtask, group) =>
            new SubtaskReport(subtask.Name, group.Points.Reached, subtask.Points, [.. tests.Cases.Where(@case => @case.Group == subtask.Name).Select(@case => TestReport.Of(subtask, @case))])).ToList();
        return new(TestReport.OutcomeOf(tests.Verdict), tests.Points!.Reached, tests.Points.Of, Said(compile), subtasks);
    }

    // Compilers quote their input: nothing of it may move the cursor of a terminal or the text of a page.
    private static string Said(StepResult compile)
    {
        var bytes = (compile.Result?.Stderr.Content ?? default).Span;
        var text = DisplayText.PrintableLines(Encoding.UTF8.GetString(bytes[..Math.Min(bytes.Length, MostOfLog)]));
        return compile.Verdict == Verdict.Ok ? text : $"{compile.Message}\n{text}";
    }
}

/// <summary>The result of a subtask.</summary>
internal sealed record SubtaskReport(string Name, double Points, double MaxPoints, IReadOnlyList<TestReport> Tests);

/// <summary>The result of one test.</summary>
/// <param name="Test">Its name.</param>
/// <param name="Outcome">What became of it.</param>
/// <param name="CpuMs">CPU time, in milliseconds.</param>
/// <param name="PeakBytes">Memory at most.</param>
/// <param name="Message">For subtasks with feedback; else empty, because it may quote the answer.</param>
internal sealed record TestReport(string Test, Outcome Outcome, double CpuMs, long PeakBytes, string Message)
{
    /// <summary>Of a case of a job of <see cref="Jobs.For"/>.</summary>
    public static TestReport Of(Subtask subtask, CaseResult @case) => new(
        @case.Name, OutcomeOf(@case.Verdict), @case.Result?.Time.Cpu.TotalMilliseconds ?? 0, @case.Result?.Memory.PeakBytes ?? 0, subtask.Feedback ? @case.Message : "");

    /// <summary>What a verdict of the sandbox is called.</summary>
    public static Outcome OutcomeOf(Verdict verdict) => verdict switch
    {
        Verdict.Ok => Outcome.Accepted,
        Verdict.WrongAnswer => Outcome.WrongAnswer,
        Verdict.Partial => Outcome.Partial,
        Verdict.CpuTimeLimit or Verdict.WallTimeLimit or Verdict.IdleLimit => Outcome.TimeLimit,
        Verdict.MemoryLimit => Outcome.MemoryLimit,
        Verdict.OutputLimit or Verdict.FileSizeLimit or Verdict.DiskLimit => Outcome.OutputLimit,
        Verdict.Skipped => Outcome.Skipped,
        Verdict.SetupError or Verdict.InternalError or Verdict.InvalidJob or Verdict.CheckError or Verdict.Cancelled => Outcome.JudgeError,
        _ => Outcome.RunTimeError,
    };
}
