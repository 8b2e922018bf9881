using System.Text;
using Sandbox.Text;

namespace Sandbox.Planning.Steps;

/// <summary>A file of the store as the job's standard input, opened through a read-only mount.</summary>
internal sealed record StdinStep(string Source, string View, string Origin) : PlanStep(PlanPhase.Files, Origin)
{
    public override string Name => "stdin";

    public override string? Path => Source;

    public override StepFields Fields => new(StepKind.Stdin)
    {
        A = Source,
        Flags = StepFlags.ReadOnly | StepFlags.OwnInodes | StepFlags.Stored,
        Value0 = (ulong)Encoding.UTF8.GetByteCount(View),
    };

    public override string Describe() => $"read stdin from {Words.Quote(Source)}";
}
