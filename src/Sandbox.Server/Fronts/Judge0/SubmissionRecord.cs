using System.Text.Json;
using Sandbox.Server.State;

namespace Sandbox.Server.Fronts.Judge0;

/// <summary>A submission as the state directory has it: a record, and the submission as JSON beside it.</summary>
internal static class SubmissionRecord
{
    /// <summary>The record of one that is not over.</summary>
    public static JobRecord Of(KeptSubmission kept) => new() { Id = kept.Token, AcceptedAt = kept.CreatedAt, Owner = kept.Tenant };

    /// <summary>That of one that is over.</summary>
    /// <param name="kept">Which.</param>
    /// <param name="submission">What became of it.</param>
    /// <param name="isToBeTold">Its callback has not been made.</param>
    public static JobRecord Ended(KeptSubmission kept, Submission submission, bool isToBeTold) => Of(kept) with
    {
        End = new() { At = submission.FinishedAt!.Value, Verdict = Verdict.Ok, Message = submission.Status.Text() },
        IsToBeTold = isToBeTold,
    };

    /// <summary>The submission as bytes.</summary>
    public static byte[] Json(Submission submission) => JsonSerializer.SerializeToUtf8Bytes(submission, SubmissionJson.Default.Submission);

    /// <summary>The submission of bytes; null if it is none.</summary>
    public static Submission? Parse(ReadOnlyMemory<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize(json.Span, SubmissionJson.Default.Submission);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
