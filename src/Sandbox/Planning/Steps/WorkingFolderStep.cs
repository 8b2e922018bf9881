using Sandbox.Text;

namespace Sandbox.Planning.Steps;

/// <summary>The folder the job starts in.</summary>
internal sealed record WorkingFolderStep(string Folder) : PlanStep(PlanPhase.Confine, "/workingDirectory")
{
    public override string Name => "working folder";

    public override string? Path => Folder;

    public override StepFields Fields => new(StepKind.WorkingFolder) { A = Folder };

    public override string Describe() => $"change to {Words.Quote(Folder)}";
}
