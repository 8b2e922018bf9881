namespace Sandbox.Cli.Run;

/// <summary>One option of <c>sandbox run</c>, and what it does to the job.</summary>
internal sealed record RunOption : CommandOption
{
    /// <summary>JSON pointer of the member of job.json that it sets; empty where it sets none, or one of a list.</summary>
    public string Member { get; init; } = "";

    /// <summary>The part of a value that diagnostics may show: values of variables and contents of files may be secrets.</summary>
    public Func<string, string> Show { get; init; } = static value => value;

    /// <summary>Applies the value (empty for a switch) to the draft; returns what is wrong with it, or null.</summary>
    public required Func<JobDraft, string, string?> Apply { get; init; }
}
