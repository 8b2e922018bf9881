namespace Sandbox.Cli.Isolate;

/// <summary>An option of <c>isolate</c>: how it is written, and what it does to a command line that is being read.</summary>
internal sealed record IsolateOption : CommandOption
{
    /// <summary>A value is taken only where it is attached (getopt_long(3), optional_argument).</summary>
    public bool ValueMayBeMissing { get; init; }

    /// <summary>Takes it; what is wrong with its value, or null. The value is empty where there is none.</summary>
    public required Func<IsolateDraft, string, string?> Take { get; init; }
}
