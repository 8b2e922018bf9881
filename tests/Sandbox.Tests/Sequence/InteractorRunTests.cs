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
        var run = InteractorRun.Judge(protocol == CheckProtocol.Kattis ? s_kattis : s_testlib, Ended(culprit, interactor, code, job), 1);

        Assert.Equal((job, judged, judged ?? job), (run.Result.Verdict, run.Check?.Verdict, run.Verdict));
    }

    [Fact]
    public void A_job_that_is_ended_for_what_it_writes_is_told_so()
    {
        var ended = Ended("job", Verdict.Cancelled, null, Verdict.Cancelled) with { Verdict = Verdict.OutputLimit, Message = "job: wrote more than 1 KiB" };

        var run = InteractorRun.Judge(s_testlib, ended, 1);

        Assert.Null(run.Check);
        Assert.Equal((Verdict.OutputLimit, "wrote more than 1 KiB"), (run.Result.Verdict, run.Result.Message));
        Assert.Equal((Verdict.OutputLimit, "wrote more than 1 KiB"), (run.Verdict, run.Message));
    }

    [Theory]
    [InlineData("second", Verdict.Ok, 0, Verdict.WallTimeLimit, Verdict.Signal, Verdict.Signal)]
    [InlineData("job", Verdict.Ok, 0, Verdict.WallTimeLimit, Verdict.Signal, Verdict.WallTimeLimit)]
    [InlineData("interactor", Verdict.ExitCode, 1, Verdict.Signal, Verdict.Signal, Verdict.WrongAnswer)]
    [InlineData(null, Verdict.Ok, 0, Verdict.Ok, Verdict.ExitCode, Verdict.ExitCode)]
    [InlineData(null, Verdict.Ok, 0, Verdict.Ok, Verdict.Ok, Verdict.Ok)]
    public void Whichever_process_failed_has_its_verdict_told(string? culprit, Verdict interactor, int? code, Verdict job, Verdict second, Verdict all)
    {
        var ended = Ended(culprit, interactor, code, job);
        ended = ended with { Processes = [.. ended.Processes, new() { Name = "second", Result = Result(second) with { Message = "as it was" } }] };

        var run = InteractorRun.Judge(s_testlib, ended, 1);

        Assert.Equal((job, all), (run.Result.Verdict, run.Verdict));
        Assert.Equal(second, Assert.Single(run.Processes).Result.Verdict);
        Assert.Equal(all == second && all != Verdict.Ok, run.Message == "second: as it was");
    }

    [Fact]
    public void A_process_that_is_ended_for_what_it_writes_is_told_so()
    {
        var ended = Ended("second", Verdict.Cancelled, null, Verdict.Cancelled) with { Verdict = Verdict.OutputLimit, Message = "second: wrote more than 1 KiB" };
        ended = ended with { Processes = [.. ended.Processes, new() { Name = "second", Result = Result(Verdict.Cancelled) }] };

        var run = InteractorRun.Judge(s_testlib, ended, 1);

        Assert.Equal((Verdict.OutputLimit, "second: wrote more than 1 KiB"), (run.Verdict, run.Message));
        Assert.Equal((Verdict.OutputLimit, "wrote more than 1 KiB"), (run.Processes[0].Result.Verdict, run.Processes[0].Result.Message));
    }

    [Fact]
    public void The_pipes_of_all_are_relayed_and_whoever_is_judged_has_a_limit()
    {
        var check = s_testlib with { Job = s_testlib.Job with { Descriptors = [new() { Number = 3, Pipe = "a" }, new() { Number = 4, Pipe = "b", Write = true }] } };
        var second = new JobSpec { Command = ["program"], Stdin = new PipeStdin { Pipe = "b" }, Stdout = new PipeOutput { Pipe = "a" }, Limits = new() { OutputBytes = 2048, WallTime = TimeSpan.FromSeconds(100) } };

        var job = InteractorRun.JobFor(check, new JobSpec { Name = "n", Command = ["program"], Limits = new() { OutputBytes = 1024 } }, [new() { Name = "second", Job = second }], null);

        Assert.Equal(["interactor", "job", "second"], job.Processes.Select(static process => process.Name));
        Assert.Equal("n/second", job.Processes[2].Job.Name);
        Assert.Equal([("a", 2048L), ("b", null), ("from-job", 1024L), ("to-job", (long?)null)], job.Pipes.Select(static pipe => (pipe.Name, pipe.LimitBytes)).Order());
        Assert.All(job.Pipes, static pipe => Assert.True(pipe.Relay));
        Assert.Equal(TimeSpan.FromSeconds(101), job.Processes[0].Job.Limits.WallTime);
    }

    [Fact]
    public void The_input_and_the_answer_are_for_the_interactor_alone()
    {
        var spec = new JobSpec { Command = ["program"], Stdin = Stdin.Text("secret"), Limits = new() { OutputBytes = 1024, WallTime = TimeSpan.FromSeconds(90) } };

        var job = InteractorRun.JobFor(s_testlib, spec, [], Content.Text("answer"));

        var (interactor, solution) = (job.Processes[0].Job, job.Processes[1].Job);
        Assert.Equal(["/check/input", "/check/answer"], interactor.Files.Select(static file => file.Path));
        Assert.Equal(["interactor", "/check/input", "/check/feedback/output", "/check/answer"], interactor.Command);
        Assert.Empty(solution.Files);
        Assert.IsType<PipeStdin>(solution.Stdin);
        Assert.Equal([1024L, null], job.Pipes.Select(static pipe => pipe.LimitBytes));
        Assert.All(job.Pipes, static pipe => Assert.True(pipe.Relay));
        Assert.Equal(TimeSpan.FromSeconds(91), interactor.Limits.WallTime);
        Assert.Equal(["interactor", "/check/input", "/check/answer", "/check/feedback"], InteractorRun.JobFor(s_kattis, spec, [], null).Processes[0].Job.Command);
    }

    [Fact]
    public void The_job_may_write_what_it_likes_if_that_is_said()
    {
        var spec = new JobSpec { Command = ["program"], Limits = new() { OutputBytes = null, WallTime = null } };

        var job = InteractorRun.JobFor(s_testlib, spec, [], null);

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
