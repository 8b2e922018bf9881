using Sandbox;

namespace Judge;

/// <summary>The jobs that a submission becomes: a compiler, and the program once for each test. Every one of them has a sandbox of its own.</summary>
internal static class Jobs
{
    public const string Compile = "compile";
    public const string Program = "program";

    private const string JudgingProgram = "/check/program.py";

    /// <summary>Compiled once, run on every test, and judged by what it prints, or by whom it talks to.</summary>
    public static StepsJob For(Problem problem, Language language, string source) => new()
    {
        Name = problem.Id,
        Steps =
        [
            language.CompileStep(source),
            new()
            {
                Name = "tests",
                Job = new()
                {
                    Command = language.Run,
                    Seccomp = Seccomp.Policy("judge"),
                    Limits = new()
                    {
                        CpuTime = problem.Time,
                        WallTime = (3 * problem.Time) + TimeSpan.FromSeconds(1),
                        MemoryBytes = problem.MemoryBytes + language.ExtraMemoryBytes,
                        Processes = 32,
                        OutputBytes = 1 << 20,
                        DiskBytes = 16 << 20,
                    },
                },
                Use = new Dictionary<string, string> { ["/work/" + language.Program] = $"{Compile}/{Program}" },
                Cases = [.. problem.Subtasks.SelectMany(static subtask => subtask.Tests.Select(test =>
                    new StepCase { Name = test.Name, Stdin = Stdin.From(test.Input), Answer = test.Answer, Group = subtask.Name }))],
                Groups = [.. problem.Subtasks.Select(static subtask => new CaseGroup { Name = subtask.Name, Points = subtask.Points, Requires = subtask.Requires })],
                Check = problem.Check,
                OnFailure = FailureAction.SkipGroup,
            },
        ],
    };

    /// <summary>A checker or an interactor. Its author is trusted, and what it reads is not: it has a sandbox as well.</summary>
    public static JobSpec Judging(Content program) => new()
    {
        Command = ["python3", "-I", JudgingProgram],
        Files = [new() { Path = JudgingProgram, Content = program, ReadOnly = true }],
        Limits = new() { CpuTime = TimeSpan.FromSeconds(10), WallTime = TimeSpan.FromSeconds(30), MemoryBytes = 256 << 20 },
    };
}
