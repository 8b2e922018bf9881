using System.Diagnostics;
using System.Runtime.InteropServices;
using Sandbox.Host;
using Sandbox.Jobs;

namespace Sandbox.Policies;

/// <summary>
/// Finds the BPF for what a job asks. Built-in policies are BPF already, compiled with the sandbox; a user's own
/// is compiled by libseccomp once and cached.
/// </summary>
internal static class PolicyStore
{
    /// <summary>The policy of a job.</summary>
    public static CompiledPolicy Load(JobSpec job) => Load(job.Seccomp, VariantOf(job));

    /// <summary>A policy, as it is in jobs of one kind.</summary>
    public static CompiledPolicy Load(Seccomp spec, PolicyVariant variant) => spec switch
    {
        NamedPolicy named => BuiltIn(named.Name, NativeArch(), variant),
        PolicyFile file => Compile(file.Path, ReadFile(file.Path), variant),
        InlinePolicy inline => Compile("inline", Inline(inline), variant),
        _ => throw new ArgumentException("this kind of policy is not known", nameof(spec)),
    };

    /// <summary>A built-in policy for any architecture.</summary>
    public static CompiledPolicy BuiltIn(string name, uint arch, PolicyVariant variant)
    {
        var blob = BuiltInPolicies.Find(name, arch, variant);
        return blob.IsEmpty ? throw Unknown(name) : PolicyBlob.Open(name, blob.ToArray());
    }

    private static PolicyVariant VariantOf(JobSpec job) =>
        (job.Devices.Count > 0 ? PolicyVariant.Devices : PolicyVariant.None) | job.Network switch
        {
            NoNetwork => PolicyVariant.OwnNetwork | PolicyVariant.NoNetwork,
            LoopbackNetwork or EgressNetwork or JoinedNetwork or ContainerNetwork => PolicyVariant.OwnNetwork,
            HostNetwork => PolicyVariant.None,
            _ => throw new UnreachableException(),
        };

    private static CompiledPolicy Compile(string name, PolicySource source, PolicyVariant variant)
    {
        var policy = PolicyResolver.Resolve(source, NativeArch(), variant);
        var key = PolicyCache.Key(policy);
        var cache = PolicyCache.OfUser();
        if (cache?.Find(key) is { } cached)
        {
            return PolicyBlob.Open(name, cached);
        }

        var blob = PolicyBlob.Seal(SeccompCompiler.Compile(policy));
        cache?.Keep(key, blob);
        return PolicyBlob.Open(name, blob);
    }

    private static PolicySource Inline(InlinePolicy policy) =>
        new() { Name = "", Json = policy.Json, Pointer = "/seccomp", Directory = null, ExtendsBuiltInOnly = policy.ExtendsBuiltInOnly };

    private static PolicySource ReadFile(string path) =>
        PolicyFiles.Read(path, out var problem) ?? throw Invalid($"the policy file {path} {problem}", null);

    private static InvalidJobException Unknown(string name) =>
        Invalid($"there is no policy \"{name}\"; built in are {string.Join(", ", PolicyLibrary.Names)}", Suggestions.For(name, [.. PolicyLibrary.Names]));

    private static InvalidJobException Invalid(string message, string? suggestion) =>
        new([new JobProblem { Pointer = "/seccomp", Message = message, Suggestion = suggestion }]);

    private static uint NativeArch() => RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => SyscallTable.X8664,
        Architecture.Arm64 => SyscallTable.Aarch64,
        _ => throw new SandboxException("the sandbox runs on x86_64 and aarch64 only") { Operation = Operation.LoadPolicy },
    };
}

/// <summary>Policies in files of the host.</summary>
internal static class PolicyFiles
{
    // A policy that names every call there is takes a hundredth of that.
    private const int MaxBytes = 4 << 20;

    /// <summary>The policy of a file, or what is wrong with that file: a device has no end.</summary>
    public static PolicySource? Read(string path, out string? problem)
    {
        problem = SourceFile.ReadRegular(path, MaxBytes, out var json);
        return problem is not null ? null : new() { Name = path, Json = json, Pointer = "", Directory = Path.GetDirectoryName(path) };
    }
}
