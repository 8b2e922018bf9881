using Sandbox;

namespace Judge;

/// <summary>Settings, of the section "Judge".</summary>
internal sealed record JudgeSettings
{
    /// <summary>The directory of problems; a relative path starts beside the program.</summary>
    public string Problems { get; init; } = "problems";

    /// <summary>How many submissions may wait; one more is answered with 429.</summary>
    public int Queue { get; init; } = 64;

    /// <summary>How many submissions are remembered.</summary>
    public int Kept { get; init; } = 1000;
}

/// <summary>Judges submissions, as many at once as there are processors: with more, they would take each other's time.</summary>
internal sealed partial class JudgeService(SandboxRunner runner, IReadOnlyDictionary<string, Problem> problems, SubmissionList submissions, TimeProvider clock, ILogger<JudgeService> logger) : BackgroundService
{
    public static int Workers => Environment.ProcessorCount;

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(Enumerable.Range(0, Workers).Select(_ => WorkAsync(stoppingToken)));

    private async Task WorkAsync(CancellationToken stoppingToken)
    {
        await foreach (var (id, request) in submissions.WaitingAsync(stoppingToken))
        {
            submissions.Begin(id);
            var (problem, language, started) = (problems[request.Problem], Language.Find(request.Language)!, clock.GetTimestamp());
            Report report;
            try
            {
                var result = (StepsResult)await runner.RunDocumentAsync(Jobs.For(problem, language, request.Source), stoppingToken);
                report = Report.Of(problem, result);
                if (report.Outcome == Outcome.JudgeError)
                {
                    // For whoever runs the judge alone: it may quote an answer.
                    LogFault(logger, id, request.Problem, result.Message);
                }
            }
            catch (JobRefusedException)
            {
                return; // the host is stopping
            }
            catch (Exception failure) // one submission must not end the judge
            {
                LogFailure(logger, failure, id);
                report = Report.WithoutTests(problem, Outcome.JudgeError);
            }

            submissions.End(id, report, clock.GetElapsedTime(started));
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Submission {Id} to {Problem}: {Why}")]
    private static partial void LogFault(ILogger logger, long id, string problem, string why);

    [LoggerMessage(Level = LogLevel.Error, Message = "Submission {Id} could not be judged")]
    private static partial void LogFailure(ILogger logger, Exception failure, long id);
}
