namespace Sandbox.Execution;

/// <summary>Bytes that one entry of <c>outputs</c> may still bring.</summary>
internal sealed class OutputBudget
{
    /// <summary>Bytes left.</summary>
    public required long Left { get; set; }
}
