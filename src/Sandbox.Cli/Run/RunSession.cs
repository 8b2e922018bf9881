using Sandbox.Cli.Terminal;

namespace Sandbox.Cli.Run;

/// <summary>One run from a request to the exit status; it owns the runner, and what the caller's streams and signals mean to the job.</summary>
internal sealed class RunSession(RunRequest request)
{
    /// <summary>Runs the job, says what there is to say, and returns the exit status.</summary>
    public int Run()
    {
        if (!IsUsable() || ResultDestination.Open(request.ResultFile) is not { } destination)
        {
            return RunStatus.Sandbox;
        }

        foreach (var remark in request.Remarks)
        {
            Diagnostics.Write(remark);
        }

        if (HostToolHints.Other(request.Job, Environment.GetEnvironmentVariable) is { } other)
        {
            Diagnostics.Write(other);
        }

        using var export = OtlpExport.StartIfAsked();
        try
        {
            var foreground = Foreground.Listen();
            using var runner = Prelude.CreateRunner(new() { Cgroup = request.Cgroup, LeasedCpus = request.LeaseCores });
            var result = foreground.Run(runner, Job());
            foreach (var line in RunReport.Lines(result, request).Concat(NewcomerHints.Lines(result, request.Job, foreground.Complaints)))
            {
                Diagnostics.Write(line);
            }

            if (HostToolHints.Missing(result, request.Job, Environment.GetEnvironmentVariable) is { } missing)
            {
                Diagnostics.Write(missing);
            }

            var isWritten = request.ResultFile is null || destination.Write(result, pretty: false);
            return isWritten ? RunStatus.Of(result, foreground.CancelledBy) : RunStatus.Sandbox;
        }
        catch (InvalidJobException invalid)
        {
            foreach (var problem in request.Translate(invalid))
            {
                Diagnostics.Write(problem);
            }

            if (request.ResultFile is not null)
            {
                _ = destination.Write(JobResult.Of(invalid, request.Job.Name), pretty: false);
            }

            return RunStatus.Sandbox;
        }
    }

    private bool IsUsable()
    {
        if (request.Job.Stdin is InheritStdin && StandardStreams.IsClosed(0))
        {
            Diagnostics.Write("-i needs stdin, which is closed");
            return false;
        }

        // Closing stderr is a way to silence it; a closed stdout is a mistake by which output is lost.
        if (request.Job.Stdout is InheritStream && StandardStreams.IsClosed(1))
        {
            Diagnostics.Write("stdout is closed; to drop the job's output, use --stdout discard");
            return false;
        }

        return true;
    }

    // Two pipes to one place would deliver in any order what the job wrote in one.
    private JobSpec Job() => request.Job is { Stdout: InheritStream, Stderr: InheritStream } && StandardStreams.AreSame(1, 2)
        ? request.Job with { Stderr = new MergedStream() }
        : request.Job;
}
