using Sandbox.Cli.Served;
using Sandbox.Running;

namespace Sandbox.Cli.Batch;

/// <summary><c>sandbox batch</c>: many jobs at once, each result a line.</summary>
internal static class BatchCommand
{
    public static Command Command { get; } = new()
    {
        Name = "batch",
        Arguments = "FILE.jsonl|DIRECTORY...",
        ArgumentKind = ValueKind.File,
        Fewest = 1,
        Most = int.MaxValue,
        Question = "which jobs?",
        Summary = "Run many jobs and print each result as a line of JSON",
        Details = """
            FILE.jsonl has a job on each line ("-": stdin); DIRECTORY stands for every *.json below it, and a FILE.json for itself. With
            --template, every entry of a DIRECTORY is a submission, which is put at /work of the template's job, or of its first step. A
            job that is not valid has the verdict "invalid-job"; the others go on. SIGINT and SIGTERM end all jobs, and what is done is printed.
            """,
        Statuses =
        [
            new("0", "every verdict is \"ok\""),
            new("1", "some verdict is another one"),
            new("2", "the usage is wrong and nothing was started, or some job is invalid"),
            new("3", "the sandbox failed for some, results could not be written, or a server that was asked for does not answer"),
        ],
        Options =
        [
            new() { Name = "jobs", Letter = 'j', Value = "N", Help = $"run N jobs at once, {BatchSettings.MaxJobs} at most; by default as many as there are processors" },
            new() { Name = "order", Value = "ORDER", Kind = ValueKind.Of("completion", "input"), Help = "print results as they come (completion, the default) or in the order of the input (input)" },
            new() { Name = "template", Value = "JOB.json", Kind = ValueKind.JsonFile, Help = "the job into which each entry of the directories is put" },
            new() { Name = "journal", Value = "FILE", Kind = ValueKind.File, Help = "keep results in FILE, and do not run again what has one there" },
            new() { Name = "junit", Value = "FILE", Kind = ValueKind.File, Help = "write a JUnit report to FILE" },
            new() { Name = "csv", Value = "FILE", Kind = ValueKind.File, Help = "write a table to FILE" },
            new() { Name = "quiet", Help = "tell neither progress nor the table at the end on stderr" },
            CommandOption.Server,
            CommandOption.Cgroup,
            CommandOption.LeaseCores,
        ],
        Examples =
        [
            "sandbox batch jobs.jsonl > results.jsonl",
            "sandbox batch -j 4 --journal night.journal --csv table.csv jobs/",
            "sandbox batch --template grade.json --order input submissions/",
        ],
        Run = Execute,
    };

    private static int Execute(CommandArguments arguments)
    {
        if (BatchSettings.Read(arguments, out var settings) is { } misuse)
        {
            Diagnostics.Write("batch: " + misuse);
            return ExitStatus.Usage;
        }

        SubmissionTemplate? template = null;
        if (settings.Template is not null && (template = SubmissionTemplate.Read(settings.Template)) is null)
        {
            return ExitStatus.Usage;
        }

        if (settings.Server is { IsAskedFor: true } server && !server.Listens())
        {
            Diagnostics.Write("batch: " + server.Complaint(ServedAnswer.NoAnswer));
            return ExitStatus.Sandbox;
        }

        var input = new BatchInput(arguments.Words, template, settings.Template);
        if ((input.Problem() ?? OptionProblem(settings.Options)) is { } problem)
        {
            Diagnostics.Write("batch: " + problem);
            return ExitStatus.Usage;
        }

        BatchJournal? journal;
        try
        {
            journal = settings.Journal is null ? null : BatchJournal.Open(settings.Journal);
        }
        catch (IOException failure)
        {
            Diagnostics.Write($"batch: cannot use the journal {DisplayText.QuoteWhole(settings.Journal!)}: {failure.Message}");
            return ExitStatus.Usage;
        }

        using (journal)
        {
            return Execute(settings, input, journal);
        }
    }

    private static int Execute(BatchSettings settings, BatchInput input, BatchJournal? journal)
    {
        var tally = new BatchTally(TimeProvider.System);
        using var reports = BatchReports.Open(journal, settings.Csv, settings.Junit, tally);
        if (reports is null)
        {
            return ExitStatus.Usage;
        }

        var cancellation = Interruption.Listen();
        var failure = Run(settings, input, journal, reports, tally, cancellation);
        if (!settings.IsQuiet)
        {
            StandardStreams.WriteError(tally.Table());
        }

        if (failure is not null)
        {
            Diagnostics.Write("batch: " + failure);
            return ExitStatus.Sandbox;
        }

        if (tally.Done == 0 && !cancellation.IsCancellationRequested)
        {
            Diagnostics.Write("batch: there is no job in it");
            return ExitStatus.Usage;
        }

        // Jobs that were not started are in no result.
        return cancellation.IsCancellationRequested ? Math.Max(tally.Status, ExitStatus.NotOk) : tally.Status;
    }

    private static string? OptionProblem(SandboxOptions options) => SandboxRunner.Check(options) is [var first, ..] ? first : null;

    // What could not be written; null for nothing.
    private static string? Run(BatchSettings settings, BatchInput input, BatchJournal? journal, BatchReports reports, BatchTally tally, CancellationToken cancellation)
    {
        using var export = OtlpExport.StartIfAsked();
        using var runner = new SandboxRunner(settings.Options);
        using var socket = HostSocket.TryOpen(new() { List = runner.ListRunning, Host = "batch" }, Environment.GetEnvironmentVariable);
        using var run = new BatchRun(runner, settings.Server, settings.Jobs, journal, reports.Keep, tally);
        try
        {
            using (settings.IsQuiet ? null : new BatchProgress(tally, TimeProvider.System))
            {
                run.RunAsync(input.Items(), settings.IsByInput, reports.Add, cancellation).Now();
            }

            reports.Finish();
            return null;
        }
        catch (IOException failure)
        {
            return failure.Message;
        }
    }
}
