namespace Sandbox.Cli.Run;

/// <summary>Options that the help lists under one heading.</summary>
internal sealed record RunOptionGroup(string Title, IReadOnlyList<RunOption> Options);
