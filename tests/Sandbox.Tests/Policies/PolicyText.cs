using System.Text;
using Sandbox.Policies;

namespace Sandbox.Tests.Policies;

/// <summary>Short ways to a policy in a test.</summary>
internal static class PolicyText
{
    public const uint Allow = PolicyAction.Allow;
    public const uint Kill = PolicyAction.Kill;

    public static uint Errno(string name) =>
        PolicyAction.TryParse("errno " + name, out var action, out _) ? action : throw new ArgumentException(name);

    public static PolicySource Source(string json) =>
        new() { Name = "", Json = Encoding.UTF8.GetBytes(json), Pointer = "/seccomp", Directory = null };

    public static ResolvedPolicy Resolve(string json, uint arch = SyscallTable.X8664, PolicyVariant variant = PolicyVariant.None) =>
        PolicyResolver.Resolve(Source(json), arch, variant);

    public static ResolvedPolicy BuiltIn(string name, uint arch = SyscallTable.X8664, PolicyVariant variant = PolicyVariant.None) =>
        PolicyResolver.Resolve(PolicyLibrary.BuiltIn(name)!, arch, variant);

    public static IReadOnlyList<JobProblem> Problems(string json) =>
        Xunit.Assert.Throws<InvalidJobException>(() => Resolve(json)).Problems;

    public static SystemCall Call(string name, params ReadOnlySpan<ulong> arguments) => Call(SyscallTable.X8664, name, arguments);

    public static SystemCall Call(uint arch, string name, params ReadOnlySpan<ulong> arguments)
    {
        var values = default(SystemCall.Values);
        for (var i = 0; i < arguments.Length; i++)
        {
            values[i] = arguments[i];
        }

        return new SystemCall(SyscallTable.Number(name, arch)!.Value, arch, values);
    }
}
