using Sandbox.Interop;

namespace Sandbox.Planning.Steps;

/// <summary>A session of its own, and descriptors 0 to 2.</summary>
/// <param name="Terminal">The size of the terminal that the job gets for these three; null for none.</param>
internal sealed record SessionStep(TerminalSize? Terminal) : PlanStep(PlanPhase.Session, Terminal is null ? "" : "/terminal")
{
    public override string Name => "session";

    public override StepFields Fields => Terminal is not { } size ? new(StepKind.Session) : new(StepKind.Session)
    {
        Flags = StepFlags.Terminal,
        Value0 = size.Rows,
        Value1 = size.Columns,
    };

    public override string Describe() => Terminal is not { } size
        ? "start a session without a terminal, with descriptors 0 to 2 only"
        : FormattableString.Invariant($"start a session with a terminal of its own ({size.Rows} rows, {size.Columns} columns) as descriptors 0 to 2");
}
