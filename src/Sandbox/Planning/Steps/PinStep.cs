using Sandbox.Text;

namespace Sandbox.Planning.Steps;

/// <summary>A folder above a read-only file that the job must not rename, because the file would move along.</summary>
internal sealed record PinStep(string Target, string Origin) : PlanStep(PlanPhase.Files, Origin)
{
    public override string Name => "folder";

    public override string? Path => Target;

    // The folder's own mount once more, with its options.
    public override IEnumerable<MountPoint> MountPoints => [new(Target, "pin") { Perhaps = true }];

    public override StepFields Fields => new(StepKind.Pin) { B = Target };

    public override string Describe() => $"keep the folder {Words.Quote(Target)} in its place";
}
