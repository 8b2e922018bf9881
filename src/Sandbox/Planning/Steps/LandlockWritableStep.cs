using Sandbox.Text;

namespace Sandbox.Planning.Steps;

/// <summary>A place below which Landlock lets the job write.</summary>
internal sealed record LandlockWritableStep(string Folder, string Origin) : PlanStep(PlanPhase.Confine, Origin)
{
    public override string Name => "landlock";

    public override string? Path => Folder;

    public override StepFields Fields => new(StepKind.LandlockWritable) { B = Folder };

    public override string Describe() => $"let Landlock allow writes below {Words.Quote(Folder)}";
}
