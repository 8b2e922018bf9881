using Sandbox.Server.Settings;
using Sandbox.Server.Trust;

namespace Sandbox.Server.Jobs;

/// <summary>What a request asks to run, as this server runs it; or why it does not.</summary>
internal sealed record Intake
{
    /// <summary>The job, within the trust boundary and the maxima; null if it is refused.</summary>
    public JobDocument? Job { get; init; }

    /// <summary>The limits that the server set.</summary>
    public IReadOnlyList<string> ChangedLimits { get; init; } = [];

    /// <summary>The HTTP status of the refusal.</summary>
    public int Status { get; init; }

    /// <summary>The refusal in a sentence.</summary>
    public string Title { get; init; } = "";

    /// <summary>Everything that is wrong.</summary>
    public IReadOnlyList<JobProblem> Problems { get; init; } = [];
}

/// <summary>Reads requests: the one way in for jobs over the API, whether they come now or came to an earlier server.</summary>
internal static class JobIntake
{
    /// <summary>Reads one.</summary>
    /// <param name="body">The request.</param>
    /// <param name="stdinIsLive">Its stdin is what a client writes while it runs.</param>
    /// <param name="settings">What jobs may have.</param>
    public static Intake Read(ReadOnlyMemory<byte> body, bool stdinIsLive, ServerSettings settings)
    {
        JobDocument asked;
        try
        {
            // No directory is theirs that a relative path could start from.
            asked = JobFile.ParseDocument(body.Span, "", settings.Default);
        }
        catch (InvalidJobException invalid)
        {
            return Invalid(invalid.Problems);
        }

        var intake = Bound(asked, settings);
        if (intake.Job is null)
        {
            return intake with { Problems = JobFile.Locate(body.Span, new(intake.Problems)).Problems };
        }

        if (stdinIsLive && asked is not JobSpec { Stdin: NullStdin })
        {
            return Invalid([new() { Pointer = "/stdin", Message = "is given, and \"stdin=live\" asks for one that is written while the job runs" }]);
        }

        return stdinIsLive && intake.Job is JobSpec single ? intake with { Job = single with { Stdin = Stdin.Live } } : intake;
    }

    /// <summary>Holds a job to the trust boundary and the maxima, whatever it was asked for in.</summary>
    /// <param name="asked">The job; it is valid.</param>
    /// <param name="settings">What jobs may have.</param>
    public static Intake Bound(JobDocument asked, ServerSettings settings)
    {
        if (TrustBoundary.Check(asked, settings.Allowed) is { Count: > 0 } refused)
        {
            return new() { Status = StatusCodes.Status403Forbidden, Title = "the job asks for what this server does not give", Problems = refused };
        }

        var (job, changed) = LimitMaxima.Apply(asked, settings.Maximum);
        return new() { Job = job, ChangedLimits = changed };
    }

    private static Intake Invalid(IReadOnlyList<JobProblem> problems) => new() { Status = StatusCodes.Status400BadRequest, Title = "the job is not valid", Problems = problems };
}
