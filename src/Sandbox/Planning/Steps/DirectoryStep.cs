using Sandbox.Text;

namespace Sandbox.Planning.Steps;

/// <summary>A folder that is made in the job's root where it is missing.</summary>
internal sealed record DirectoryStep(string Folder, string Origin) : PlanStep(PlanPhase.Mounts, Origin)
{
    public override string Name => "make folder";

    public override string? Path => Folder;

    public override StepFields Fields => new(StepKind.Directory) { B = Folder, Value0 = FolderStep.OwnMode };

    public override string Describe() => $"make {Words.Quote(Folder)} if it is missing";
}
