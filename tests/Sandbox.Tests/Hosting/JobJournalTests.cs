using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Sandbox.Hosting;
using Xunit;

namespace Sandbox.Tests.Hosting;

/// <summary>What is logged of jobs, and what never is.</summary>
public sealed class JobJournalTests
{
    private readonly Lines _log = new();
    private readonly HandSetClock _clock = new();
    private readonly SandboxHostOptions _options = new();

    [Fact]
    public void A_job_is_logged_by_name_id_and_verdict()
    {
        Note(JobEventKind.Created);
        Note(JobEventKind.Started);
        Note(JobEventKind.Ended);
        Note(JobEventKind.Completed, Result(Verdict.MemoryLimit));

        Assert.Equal(
            ["Debug Job id (name) was taken on", "Debug Job id (name) started", "Information Job id (name): MemoryLimit after 0 ms, with 0 ms of CPU time"],
            _log.Written);
    }

    [Fact]
    public void A_failure_of_the_sandbox_is_an_error_without_its_sentence()
    {
        var error = new ErrorReport { Phase = JobPhase.Mounts, Step = "bind", Errno = "ENOENT", Path = "/secret", Message = "cannot bind /secret", Hint = "look at /secret", Pointer = "/mounts/0" };

        Note(JobEventKind.Completed, Result(Verdict.SetupError) with { Message = "cannot bind /secret", Error = error });

        var line = Assert.Single(_log.Written);
        Assert.Equal("Error Job id (name): SetupError, the sandbox failed in phase Mounts, step bind, with ENOENT", line);
    }

    [Fact]
    public void A_start_is_remembered_until_the_sandbox_fails()
    {
        var journal = Journal();
        Assert.Null(journal.SinceStart);

        journal.Note(Event(JobEventKind.Started, null));
        _clock.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal(TimeSpan.FromSeconds(3), journal.SinceStart);

        journal.Note(Event(JobEventKind.Completed, Result(Verdict.InternalError)));
        Assert.Null(journal.SinceStart);
    }

    [Fact]
    public void Listeners_hear_of_it_too()
    {
        var heard = 0;
        _options.OnEvent += _ => heard++;
        _options.OnEvent += _ => heard++;

        Note(JobEventKind.Created);

        Assert.Equal(2, heard);
    }

    private void Note(JobEventKind kind, JobResult? result = null) => Journal().Note(Event(kind, result));

    private JobJournal Journal() => new(_log, Options.Create(_options), _clock);

    private static JobEvent Event(JobEventKind kind, JobResult? result) =>
        new() { JobId = "id", JobName = "name", Kind = kind, At = DateTimeOffset.UnixEpoch, Result = result };

    private static JobResult Result(Verdict verdict) => JobResult.NotRun("name", verdict, "message", null);

    private sealed class Lines : ILogger<SandboxRunner>
    {
        public List<string> Written { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Written.Add($"{logLevel} {formatter(state, exception)}");
    }
}
