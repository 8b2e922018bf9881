using Sandbox.Cli.Interop;
using Sandbox.Cli.Served;
using Sandbox.Cli.Terminal;

namespace Sandbox.Cli.Run;

/// <summary>One run from a request to the exit status; it owns the runner, and what the caller's streams and signals mean to the job.</summary>
internal sealed class RunSession(RunRequest request)
{
    /// <summary>Runs the job, says what there is to say, and returns the exit status.</summary>
    public int Run()
    {
        if (!IsUsable())
        {
            return RunStatus.Sandbox;
        }

        using var output = ResultOutput.Open(request.ResultFile);
        if (output is null)
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

        var foreground = Foreground.Listen();
        ServedOutcome? served;
        JobResult result;
        try
        {
            served = Served(foreground);
            result = served is null ? RunHere(foreground) : ServedResult.Read(served.Value);
        }
        catch (Exception lost) when (lost is ServerLostException or SandboxException or FormatException)
        {
            Diagnostics.Write(lost.Message);
            return RunStatus.Sandbox;
        }

        foreach (var line in RunReport.Lines(result, request).Concat(NewcomerHints.Lines(result, request.Job, foreground.Complaints)))
        {
            Diagnostics.Write(line);
        }

        if (HostToolHints.Missing(result, request.Job, Environment.GetEnvironmentVariable) is { } missing)
        {
            Diagnostics.Write(missing);
        }

        var isWritten = request.ResultFile is null || (served is null ? output.Write(result, pretty: false) : output.WriteJson(served.Value.Result));
        return isWritten ? RunStatus.Of(result, foreground.CancelledBy) : RunStatus.Sandbox;
    }

    private JobResult RunHere(Foreground foreground)
    {
        using var session = new JobSession(new() { Cgroup = request.Cgroup, LeasedCpus = request.LeaseCores }, "run") { IsLast = true };
        return (JobResult)session.Run(Job(), (runner, job) => foreground.Run(runner, (JobSpec)job), Tell);
    }

    // Null where this process is to run it. A terminal's keys and window are for who has it, and a port's relay is where it was asked for.
    private ServedOutcome? Served(Foreground foreground)
    {
        var isHere = request.Job.Terminal || request.Cgroup is not null || request.LeaseCores is not null || request.Job.Ports.Count > 0 ||
            (request.Job.Stdin is InheritStdin && TerminalDevice.Is(new(0, ownsHandle: false)));
        if (isHere || JobServer.Find(request.Server, Environment.GetEnvironmentVariable) is not { } server)
        {
            return null;
        }

        var served = foreground.RunServed(server, Job());
        return served.Answer switch
        {
            ServedAnswer.Result => served,
            ServedAnswer.Lost => throw new ServerLostException(server.Complaint(served.Answer)),
            ServedAnswer.ByYourself => null,
            _ => server.IsAskedFor ? throw new ServerLostException(server.Complaint(served.Answer)) : null,
        };
    }

    private InvalidJobException Tell(InvalidJobException invalid)
    {
        foreach (var problem in request.Translate(invalid))
        {
            Diagnostics.Write(problem);
        }

        return invalid;
    }

    private bool IsUsable()
    {
        if (JobSession.ClosedStream(request.Job) is not { } number)
        {
            return true;
        }

        Diagnostics.Write(number == 0 ? "-i needs stdin, which is closed" : "stdout is closed; to drop the job's output, use --stdout discard");
        return false;
    }

    // Two pipes to one place would deliver in any order what the job wrote in one.
    private JobSpec Job() => request.Job is { Stdout: InheritStream, Stderr: InheritStream } && StandardStreams.AreSame(1, 2)
        ? request.Job with { Stderr = new MergedStream() }
        : request.Job;

    private sealed class ServerLostException(string message) : Exception(message);
}
