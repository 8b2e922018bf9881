using Sandbox.Policies;

namespace Sandbox;

/// <summary>A seccomp policy as it is installed: the program of a filter (seccomp(2), SECCOMP_SET_MODE_FILTER).</summary>
public sealed record SandboxPolicy
{
    /// <summary>The name of a built-in policy, the path of a file, or <c>inline</c>.</summary>
    public required string Name { get; init; }

    /// <summary>An array of <c>struct sock_filter</c> in the byte order of this machine, 8 bytes each.</summary>
    public required ReadOnlyMemory<byte> Program { get; init; }

    /// <summary>How many instructions it has; the kernel takes 4096 (BPF_MAXINSNS).</summary>
    public int Instructions => Program.Length / BpfProgram.InstructionBytes;

    /// <summary>SHA-256 of <see cref="Program"/>, 64 hexadecimal digits in lower case, as in <see cref="IsolationReport.SeccompSha256"/>.</summary>
    public required string Sha256 { get; init; }

    /// <summary>The names of the built-in policies, in alphabetical order.</summary>
    public static IReadOnlyList<string> BuiltInNames => PolicyLibrary.Names;

    /// <summary>The JSON of a built-in policy, UTF-8, to read or to begin one's own with; null if there is none of that name. <c>groups</c> is what the others are made of.</summary>
    /// <param name="name">Such as <c>default</c>.</param>
    public static ReadOnlyMemory<byte>? SourceOf(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return PolicyLibrary.BuiltIn(name)?.Json;
    }

    /// <summary>What a built-in policy is for, in one sentence; null if there is none of that name.</summary>
    /// <param name="name">Such as <c>default</c>.</param>
    public static string? DescriptionOf(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return PolicyLibrary.BuiltIn(name) is null ? null : PolicyLibrary.Description(name);
    }

    /// <summary>The policy that a job without devices, with a network of its own, would be under. One's own is compiled by libseccomp, which has to be installed.</summary>
    /// <param name="seccomp">Built in, in a file, or written in place.</param>
    /// <param name="cancellationToken">Only before it begins.</param>
    /// <exception cref="InvalidJobException">There is none of that name, or it is not valid; it lists every problem, with line and column.</exception>
    /// <exception cref="SandboxException">libseccomp is missing, or cannot compile it.</exception>
    public static Task<SandboxPolicy> CompileAsync(Seccomp seccomp, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(seccomp);
        return Task.Run(() => Of(PolicyStore.Load(seccomp, PolicyVariant.OwnNetwork)), cancellationToken);
    }

    private static SandboxPolicy Of(CompiledPolicy policy) => new() { Name = policy.Name, Program = policy.Program, Sha256 = policy.Sha256 };
}
