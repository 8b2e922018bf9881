namespace Sandbox.Cli.Run;

/// <summary>One option of <c>sandbox run</c>: how it is written, what it says in the help, and what it does to the job.</summary>
internal sealed record RunOption
{
    /// <summary>The long name, without dashes.</summary>
    public required string Name { get; init; }

    /// <summary>The one-letter name; NUL for none.</summary>
    public char Letter { get; init; }

    /// <summary>Another long name, or null.</summary>
    public string? Alias { get; init; }

    /// <summary>What the help calls the value; null for a switch, which has none.</summary>
    public string? Value { get; init; }

    /// <summary>The help, in one sentence without a full stop.</summary>
    public required string Help { get; init; }

    /// <summary>JSON pointer of the member of job.json that it sets; empty where it sets none, or one of a list.</summary>
    public string Member { get; init; } = "";

    /// <summary>The part of a value that diagnostics may show: values of variables and contents of files may be secrets.</summary>
    public Func<string, string> Show { get; init; } = static value => value;

    /// <summary>Applies the value (empty for a switch) to the draft; returns what is wrong with it, or null.</summary>
    public required Func<JobDraft, string, string?> Apply { get; init; }

    /// <summary>It takes no value.</summary>
    public bool IsSwitch => Value is null;
}
