using Sandbox.Policies;
using Xunit;

namespace Sandbox.Tests.Policies;

public sealed class PolicyGuardTests
{
    private const ulong High = 0x7_0000_0000;

    private static readonly uint s_eperm = PolicyText.Errno("EPERM");

    // Arguments that reach pid 1, and the nearest that do not: the caller itself, or its group.
    public static TheoryData<string, ulong[], ulong[]> Calls => new()
    {
        { "prlimit64", [1, 0, 1], [0, 0, 1] },
        { "sched_setaffinity", [1, 8, 1], [0, 8, 1] },
        { "sched_setattr", [1, 1], [0, 1] },
        { "sched_setparam", [1, 1], [0, 1] },
        { "sched_setscheduler", [1, 5, 1], [0, 5, 1] },
        { "setpriority", [0, 1, 19], [0, 0, 19] },
        { "setpriority", [2, 0, 19], [1, 0, 19] },
        { "setpriority", [2, 1000, 19], [0, 1000, 19] },
        { "ioprio_set", [1, 1, 3], [1, 0, 3] },
        { "ioprio_set", [3, 0, 3], [2, 0, 3] },
        { "ioprio_set", [3, 1000, 3], [1, 1000, 3] },
        { "prctl", [31], [30] },
        { "prctl", [32], [30] },
    };

    // The same for calls that no built-in policy lets through.
    public static TheoryData<string, ulong[], ulong[]> RareCalls => [.. Calls, new("keyctl", [18], [6])];

    [Theory]
    [MemberData(nameof(Calls))]
    public void A_built_in_policy_keeps_every_call_from_pid_1_and_its_clock_only(string name, ulong[] reaches, ulong[] misses)
    {
        foreach (var policy in PolicyLibrary.Names)
        {
            foreach (var arch in SyscallTable.Architectures)
            {
                var program = BpfProgram.Parse(PolicyStore.BuiltIn(policy, arch, PolicyVariant.None).Program.Span);

                Assert.Equal(s_eperm, BpfProgram.Run(program, PolicyText.Call(arch, name, reaches)));
                Assert.Equal(s_eperm, BpfProgram.Run(program, PolicyText.Call(arch, name, Disguised(reaches))));
                Assert.Equal(PolicyText.Allow, BpfProgram.Run(program, PolicyText.Call(arch, name, misses)));
            }
        }
    }

    [Theory]
    [MemberData(nameof(RareCalls))]
    public void A_policy_that_lets_the_call_through_cannot_reach_pid_1_or_its_clock(string name, ulong[] reaches, ulong[] misses)
    {
        string[] generous =
        [
            $$"""{ "allow": ["{{name}}"] }""",
            $$"""{ "allow": ["{{name[..^1]}}*"] }""",
            $$"""{ "allow": ["@process", "@scheduling", "@keyring"] }""",
            $$"""{ "unlisted": "log" }""",
            $$"""{ "unlisted": "kill", "rules": [{ "syscalls": ["{{name}}"], "action": "allow" }] }""",
            $$"""{ "unlisted": "kill", "rules": [{ "syscalls": ["{{name}}"], "action": "log", "when": [{ "arg": 0, "in": [0, 1, 2, 3, 6, 18, 30, 31, 32] }] }] }""",
            $$"""{ "extends": "judge", "rules": [{ "syscalls": ["{{name}}"], "action": "allow", "when": [{ "arg": 1, "mask": "0xff00000000000000", "equals": 0 }] }] }""",
            $$"""{ "unlisted": "log", "rules": [{ "syscalls": ["{{name}}"], "action": "errno EPERM", "when": [{ "arg": 5, "equals": 77 }] }] }""",
        ];

        foreach (var json in generous)
        {
            var policy = PolicyText.Resolve(json);

            Assert.Equal(s_eperm, policy.Decide(PolicyText.Call(name, reaches)));
            Assert.Equal(s_eperm, policy.Decide(PolicyText.Call(name, Disguised(reaches))));
            Assert.True(PolicyAction.LetsThrough(policy.Decide(PolicyText.Call(name, misses))), json);
        }
    }

    [Theory]
    [MemberData(nameof(RareCalls))]
    public void A_policy_that_refuses_the_call_keeps_its_own_answer(string name, ulong[] reaches, ulong[] misses)
    {
        string[] strict =
        [
            """{ "unlisted": "kill" }""",
            $$"""{ "unlisted": "log", "deny": { "kill": ["{{name}}"] } }""",
            $$"""{ "allow": ["{{name}}"], "rules": [{ "syscalls": ["{{name}}"], "action": "kill", "when": [{ "arg": 0, "equals": {{reaches[0]}} }] }] }""",
        ];

        foreach (var json in strict)
        {
            Assert.Equal(PolicyText.Kill, PolicyText.Resolve(json).Decide(PolicyText.Call(name, reaches)));
        }

        Assert.Equal(PolicyText.Kill, PolicyText.Resolve(strict[0]).Decide(PolicyText.Call(name, misses)));
    }

    // MAP_HUGETLB, MFD_HUGETLB and SHM_HUGETLB: a pool that no limit of memory counts.
    [Theory]
    [InlineData("mmap", "ENOMEM", new ulong[] { 0, 4096, 3, 0x40022 }, new ulong[] { 0, 4096, 3, 0x22 })]
    [InlineData("memfd_create", "ENOSYS", new ulong[] { 0, 5 }, new ulong[] { 0, 3 })]
    [InlineData("shmget", "ENOSYS", new ulong[] { 0, 4096, 0xb80 }, new ulong[] { 0, 4096, 0x380 })]
    public void No_policy_gives_huge_pages(string name, string errno, ulong[] huge, ulong[] plain)
    {
        var refused = PolicyText.Errno(errno);
        ResolvedPolicy[] policies =
        [
            .. PolicyLibrary.Names.Select(policy => PolicyText.BuiltIn(policy)),
            PolicyText.Resolve("""{ "unlisted": "log" }"""),
            PolicyText.Resolve($$"""{ "allow": ["{{name}}"] }"""),
        ];

        foreach (var policy in policies)
        {
            Assert.Equal(refused, policy.Decide(PolicyText.Call(name, huge)));
            Assert.True(PolicyAction.LetsThrough(policy.Decide(PolicyText.Call(name, plain))));
        }
    }

    private static ulong[] Disguised(ulong[] arguments) => [.. arguments.Select(argument => High | argument)];
}
