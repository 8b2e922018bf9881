using Sandbox.Sequence;
using Xunit;

namespace Sandbox.Tests.Sequence;

/// <summary>Whose doing it is, and what the two are shown.</summary>
public sealed class InteractorRunTests
{
    private static readonly InteractorCheck s_testlib = new() { Job = new() { Command = ["interactor"] } };
    private static readonly InteractorCheck s_kattis = s_testlib with { Protocol = CheckProtocol.Kattis };

    [Theory]
    [InlineData(CheckProtocol.Testlib, null, Verdict.Ok, 0, Verdict.Ok, Verdict.Ok)]
    [InlineData(CheckProtocol.Testlib, "interactor", Verdict.ExitCode, 1, Verdict.Ok, Verdict.WrongAnswer)]
    [InlineData(CheckProtocol.Testlib, "interactor", Verdict.ExitCode, 1, Verdict.Signal, Verdict.WrongAnswer)]
    [InlineData(CheckProtocol.Testlib, "interactor", Verdict.ExitCode, 3, Verdict.Ok, Verdict.CheckError)]
    [InlineData(CheckProtocol.Testlib, "interactor", Verdict.MemoryLimit, null, Verdict.Ok, Verdict.CheckError)]
    [InlineData(CheckProtocol.Testlib, "interactor", Verdict.SetupError, null, Verdict.Ok, Verdict.SetupError)]
    [InlineData(CheckProtocol.Testlib, "job", Verdict.Ok, 0, Verdict.ExitCode, null)]
    [InlineData(CheckProtocol.Testlib, "job", Verdict.ExitCode, 1, Verdict.CpuTimeLimit, null)]
    [InlineData(CheckProtocol.Kattis, "interactor", Verdict.ExitCode, 42, Verdict.Ok, Verdict.Ok)]
    [InlineData(CheckProtocol.Kattis, "interactor", Verdict.ExitCode, 42, Verdict.ExitCode, null)]
    [InlineData(CheckProtocol.Kattis, "interactor", Verdict.ExitCode, 43, Verdict.Ok, Verdict.WrongAnswer)]
    [InlineData(CheckProtocol.Kattis, null, Verdict.Ok, 0, Verdict.Ok, Verdict.CheckError)]
    public void The_job_is_judged_by_the_interactor_unless_it_failed_by_itself(CheckProtocol protocol, string? culprit, Verdict interactor, int? code, Verdict job, Verdict? judged)
    {
        var (result, check) = InteractorRun.Judge(protocol == CheckProtocol.Kattis ? s_kattis : s_testlib, Ended(culprit, interactor, code, job), 1);

        Assert.Equal((job, judged), (result.Verdict, check?.Verdict));
    }

    [Fact]
    public void A_job_that_is_ended_for_what_it_writes_is_told_so()
    {
        var ended = Ended("job", Verdict.Cancelled, null, Verdict.Cancelled) with { Verdict = Verdict.OutputLimit, Message = "job: wrote more than 1 KiB" };

        var (result, check) = InteractorRun.Judge(s_testlib, ended, 1);

        Assert.Null(check);
        Assert.Equal((Verdict.OutputLimit, "wrote more than 1 KiB"), (result.Verdict, result.Message));
    }

    [Fact]
    public void The_input_and_the_answer_are_for_the_interactor_alone()
    {
        var spec = new JobSpec { Command = ["program"], Stdin = Stdin.Text("secret"), Limits = new() { OutputBytes = 1024, WallTime = TimeSpan.FromSeconds(90) } };

        var job = InteractorRun.JobFor(s_testlib, spec, Content.Text("answer"));

        var (interactor, solution) = (job.Processes[0].Job, job.Processes[1].Job);
        Assert.Equal(["/check/input", "/check/answer"], interactor.Files.Select(static file => file.Path));
        Assert.Equal(["interactor", "/check/input", "/check/feedback/output", "/check/answer"], interactor.Command);
        Assert.Empty(solution.Files);
        Assert.IsType<PipeStdin>(solution.Stdin);
        Assert.Equal([1024L, null], job.Pipes.Select(static pipe => pipe.LimitBytes));
        Assert.All(job.Pipes, static pipe => Assert.True(pipe.Relay));
        Assert.Equal(TimeSpan.FromSeconds(91), interactor.Limits.WallTime);
        Assert.Equal(["interactor", "/check/input", "/check/answer", "/check/feedback"], InteractorRun.JobFor(s_kattis, spec, null).Processes[0].Job.Command);
    }

    [Fact]
    public void The_job_may_write_what_it_likes_if_that_is_said()
    {
        var spec = new JobSpec { Command = ["program"], Limits = new() { OutputBytes = null, WallTime = null } };

        var job = InteractorRun.JobFor(s_testlib, spec, null);

        Assert.Equal([null, null], job.Pipes.Select(static pipe => pipe.LimitBytes));
        Assert.All(job.Pipes, static pipe => Assert.True(pipe.Relay));
        Assert.Equal(TimeSpan.FromSeconds(60), job.Processes[0].Job.Limits.WallTime);
    }

    private static ProcessesResult Ended(string? culprit, Verdict interactor, int? code, Verdict job) => new()
    {
        Verdict = culprit == "job" ? job : interactor,
        Message = "as the test wants",
        Culprit = culprit,
        Processes = [new() { Name = "interactor", Result = Result(interactor) with { ExitCode = code } }, new() { Name = "job", Result = Result(job) }],
    };

    private static JobResult Result(Verdict verdict) => JobResult.CancelledBeforeStart(null, "as the test wants") with { Verdict = verdict };
}
