using Sandbox.Text;

namespace Sandbox.Planning.Steps;

/// <summary>The next folder down of those that make up the job's root.</summary>
internal sealed record LayerStep(string Folder, string Origin) : PlanStep(PlanPhase.Mounts, Origin)
{
    /// <summary>
    /// It was unpacked for jobs: what the caller owns there is theirs. Without real root that is so anyway; a folder that a user names shows a
    /// job of real root no more than it shows everybody.
    /// </summary>
    public bool OwnFiles { get; init; }

    public override string Name => "layer";

    public override string? Path => Folder;

    public override StepFields Fields => new(StepKind.Layer) { A = Folder, Flags = OwnFiles ? StepFlags.OwnFiles : StepFlags.None };

    public override string Describe() => $"take {Words.Quote(Folder)} as a layer of the root";
}
