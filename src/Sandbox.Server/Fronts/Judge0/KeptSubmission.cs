namespace Sandbox.Server.Fronts.Judge0;

/// <summary>A submission that is kept, and where it stands.</summary>
/// <param name="tenant">Whose it is.</param>
/// <param name="number">Later ones have higher numbers.</param>
/// <param name="submission">As it is now; null for one that is on disk.</param>
internal sealed class KeptSubmission(string tenant, long number, Submission? submission)
{
    private readonly TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Whose it is.</summary>
    public string Tenant => tenant;

    /// <summary>Later ones have higher numbers.</summary>
    public long Number => number;

    /// <summary>As it is now; null for one that is on disk.</summary>
    public Submission? Submission { get; set; } = submission;

    /// <summary>Its token.</summary>
    public required string Token { get; init; }

    /// <summary>When it came.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>What it takes, in bytes.</summary>
    public long Bytes { get; set; }

    /// <summary>Nothing becomes of it any more.</summary>
    public Task Over => _over.Task;

    /// <summary>So it is.</summary>
    public void End() => _over.TrySetResult();
}
