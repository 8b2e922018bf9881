namespace Sandbox.Planning;

/// <summary>A host file to be opened for reading and passed with the plan.</summary>
/// <param name="Path">Absolute path on the host.</param>
/// <param name="Origin">JSON pointer of the member that named it.</param>
internal sealed record ExtraFile(string Path, string Origin);
