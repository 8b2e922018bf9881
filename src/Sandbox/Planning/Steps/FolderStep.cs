using Sandbox.Text;

namespace Sandbox.Planning.Steps;

/// <summary>A folder of the writable tmpfs, shown at its target.</summary>
internal sealed record FolderStep(string Target, string Origin) : MountStep(Target, Origin)
{
    /// <summary>rwxr-xr-x: of the job, and of nobody else.</summary>
    public const int OwnMode = 0x1ED;

    /// <summary>rwxrwxrwt, as programs expect of /tmp and /dev/shm.</summary>
    public const int SharedMode = 0x3FF;

    public int Mode { get; init; } = OwnMode;

    public bool NoExec { get; init; }

    public override string Name => "folder";

    public override bool Writable => true;

    public override IEnumerable<MountPoint> MountPoints => [new(Target, "tmpfs") { NoExec = NoExec }];

    public override StepFields Fields => new(StepKind.Folder)
    {
        B = Target,
        Flags = NoExec ? StepFlags.NoExec : StepFlags.None,
        Value0 = (ulong)Mode,
    };

    public override string Describe() =>
        $"make the writable folder {Words.Quote(Target)}, mode {Words.Octal(Mode)}{(NoExec ? ", noexec" : "")}";
}
