using Sandbox.Text;

namespace Sandbox.Planning.Steps;

/// <summary>A symbolic link in the new root.</summary>
internal sealed record SymlinkStep(string Source, string Target, string Origin) : MountStep(Target, Origin)
{
    public override string Name => "symlink";

    public override StepFields Fields => new(StepKind.Symlink) { A = Source, B = Target };

    public override string Describe() => $"link {Words.Quote(Target)} to {Words.Quote(Source)}";
}
