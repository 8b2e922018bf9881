using System.Text;
using Sandbox.Text;

namespace Sandbox.Planning.Steps;

/// <summary>A file of the host or the store put at a path, read-only, in place of whatever file is there; nothing is copied.</summary>
internal sealed record BindFileStep(string Source, string Target, string Origin) : PlanStep(PlanPhase.Files, Origin)
{
    /// <inheritdoc cref="BindStep.View"/>
    public string? View { get; init; }

    /// <inheritdoc cref="BindStep.Stored"/>
    public bool Stored { get; init; }

    public override string Name => "bind file";

    public override string? Path => Source;

    public override IEnumerable<MountPoint> MountPoints => [new(Target, View is null ? "bind" : "overlay") { ReadOnly = true, Source = Source }];

    public override StepFields Fields => new(StepKind.BindFile)
    {
        A = Source,
        B = Target,
        Flags = StepFlags.ReadOnly | (View is null ? StepFlags.None : StepFlags.OwnInodes) | (Stored ? StepFlags.Stored : StepFlags.None),
        Value0 = View is null ? 0 : (ulong)Encoding.UTF8.GetByteCount(View),
    };

    public override string Describe() =>
        $"bind the file {Words.Quote(Source)} to {Words.Quote(Target)} read-only{(View is null ? "" : ", an inode of its own")}";
}
