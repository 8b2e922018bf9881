namespace Sandbox.Planning.Steps;

/// <summary>/dev with null, zero, full, random, urandom, tty and an own instance of pseudo-terminals.</summary>
internal sealed record DevicesStep() : MountStep("/dev", "")
{
    private static readonly string[] s_nodes = ["null", "zero", "full", "random", "urandom", "tty"];

    public override string Name => "devices";

    /// <summary>Device nodes are written through; a new one cannot be made in a user namespace (mknod(2)).</summary>
    public override bool Writable => true;

    public override IEnumerable<MountPoint> MountPoints =>
    [
        .. s_nodes.Select(node => new MountPoint(Target + "/" + node, "bind") { NoExec = true, Devices = true, Source = "/dev/" + node }),
        new(Target + "/pts", "devpts") { NoExec = true, Devices = true },
    ];

    public override StepFields Fields => new(StepKind.Devices);

    public override string Describe() => "make /dev with null, zero, full, random, urandom, tty and pts";
}
