namespace Sandbox.Planning.Steps;

/// <summary>/dev with null, zero, full, random, urandom, tty and an own instance of pseudo-terminals.</summary>
internal sealed record DevicesStep() : MountStep("/dev", "")
{
    public override string Name => "devices";

    /// <summary>Device nodes are written through; a new one cannot be made in a user namespace (mknod(2)).</summary>
    public override bool Writable => true;

    public override StepFields Fields => new(StepKind.Devices);

    public override string Describe() => "make /dev with null, zero, full, random, urandom, tty and pts";
}
