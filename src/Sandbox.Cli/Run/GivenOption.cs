namespace Sandbox.Cli.Run;

/// <summary>An option as it was given on the command line.</summary>
internal sealed record GivenOption
{
    public required RunOption Option { get; init; }

    /// <summary>As it was written, such as <c>-v</c>.</summary>
    public required string Spelling { get; init; }

    /// <summary>Empty for a switch.</summary>
    public required string Value { get; init; }

    /// <summary>What a diagnostic calls it.</summary>
    public string Words => Option.IsSwitch || Option.Show(Value) is not { Length: > 0 } shown ? Spelling : $"{Spelling} {shown}";
}
