using Sandbox.Text;

namespace Sandbox.Planning.Steps;

/// <summary>
/// A private directory on a disk of the host takes the upper sides of writable overlays, because tmpfs has no extended attributes
/// for them. A process of the launcher's counts what is there and removes it.
/// </summary>
/// <param name="Directory">Real path of the directory, which is this job's alone.</param>
/// <param name="Bytes">What the writable tmpfs and the directory may hold together; 0 for no limit.</param>
/// <param name="Inodes">How many files there may be; 0 for no limit.</param>
/// <param name="FirstDescriptor">Where the directory and the socket are among the job's extra descriptors.</param>
internal sealed record UppersStep(string Directory, long Bytes, long Inodes, int FirstDescriptor) : PlanStep(PlanPhase.Mounts, "")
{
    /// <summary>Descriptors it brings.</summary>
    public const int Descriptors = 2;

    public override Operation Operation => Operation.UseUppers;

    public override string? Path => Directory;

    public override StepFields Fields => new(StepKind.Uppers)
    {
        A = Directory,
        Descriptor = FirstDescriptor,
        Value0 = (ulong)Bytes,
        Value1 = (ulong)Inodes,
    };

    public override string Describe() => $"keep the changes of writable overlays below {Words.Quote(Directory)}: tmpfs has no user attributes";
}
