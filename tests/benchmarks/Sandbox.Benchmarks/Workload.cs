namespace Sandbox.Benchmarks;

/// <summary>A program that uses a known amount of something: account.c with these arguments.</summary>
internal sealed record Workload
{
    private const string Bytes = "67108864";

    public required string Name { get; init; }

    public required IReadOnlyList<string> Arguments { get; init; }

    /// <summary>Where it runs bare and a file of it would go to a disk.</summary>
    public IReadOnlyList<string> BareArguments { get; init; } = [];

    public static IReadOnlyList<Workload> All { get; } =
    [
        new() { Name = "300 ms user time", Arguments = ["user", "300"] },
        new() { Name = "300 ms system time", Arguments = ["system", "300"] },
        new() { Name = "300 ms in two threads", Arguments = ["threads", "300"] },
        new() { Name = "300 ms in children", Arguments = ["children", "300"] },
        new() { Name = "the same, SIGCHLD ignored", Arguments = ["unwaited", "300"] },
        new() { Name = "300 ms in an orphan", Arguments = ["orphan", "300"] },
        new() { Name = "sleep of 200 ms", Arguments = ["sleep", "200"] },
        new() { Name = "64 MiB anonymous", Arguments = ["anonymous", Bytes] },
        new() { Name = "64 MiB shared by fork", Arguments = ["copied", Bytes] },
        new() { Name = "64 MiB memfd", Arguments = ["memfd", Bytes] },
        new() { Name = "64 MiB in tmpfs", Arguments = ["tmpfs", Bytes, "/tmp/account"], BareArguments = ["tmpfs", Bytes, "/dev/shm/sandbox-bench"] },
    ];

    /// <summary>The arguments outside of a sandbox.</summary>
    public IReadOnlyList<string> Bare => BareArguments.Count > 0 ? BareArguments : Arguments;
}
