namespace Sandbox.Planning.Steps;

/// <summary>
/// The layers so far become the job's <c>/</c>, as one overlay whose upper side is in the writable tmpfs. Mount points
/// and files are made there, never in a layer.
/// </summary>
internal sealed record LayeredRootStep(bool ReadOnly, string Origin) : MountStep("/", Origin)
{
    public override string Name => "overlay root";

    public override bool Writable => !ReadOnly;

    public override IEnumerable<MountPoint> MountPoints => [new("/", "overlay") { ReadOnly = ReadOnly }];

    public override StepFields Fields => new(StepKind.LayeredRoot) { Flags = ReadOnly ? StepFlags.ReadOnly : StepFlags.None };

    public override string Describe() => $"overlay the layers as the new root, {(ReadOnly ? "read-only in the end" : "writable")}";
}
