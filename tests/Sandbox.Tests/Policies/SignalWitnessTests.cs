using Sandbox.Policies;
using Xunit;

namespace Sandbox.Tests.Policies;

public sealed class SignalWitnessTests
{
    private const ulong High = 0x7_0000_0000;

    public static TheoryData<string, ulong[], ulong[]> Calls => new()
    {
        { "kill", [2, 25], [2, 24] },
        { "tkill", [2, 25], [2, 9] },
        { "tgkill", [2, 2, 25], [2, 25, 9] },
        { "rt_sigqueueinfo", [2, 25, 0], [25, 26, 0] },
        { "rt_tgsigqueueinfo", [2, 2, 25, 0], [2, 25, 24, 0] },
        { "pidfd_send_signal", [3, 25, 0, 0], [25, 24, 0, 0] },
    };

    [Theory]
    [MemberData(nameof(Calls))]
    public void A_built_in_policy_tells_of_every_way_to_send_it(string name, ulong[] sends, ulong[] sendsAnother)
    {
        foreach (var policy in PolicyLibrary.Names)
        {
            foreach (var arch in SyscallTable.Architectures)
            {
                var program = BpfProgram.Parse(PolicyStore.BuiltIn(policy, arch, PolicyVariant.None).Program.Span);
                var answer = BpfProgram.Run(program, PolicyText.Call(arch, name, sendsAnother));

                Assert.Equal(answer == PolicyText.Allow ? PolicyAction.Witness : answer, BpfProgram.Run(program, PolicyText.Call(arch, name, sends)));
                Assert.NotEqual(PolicyAction.Witness, answer);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public void The_upper_half_of_the_number_hides_nothing(string name, ulong[] sends, ulong[] sendsAnother)
    {
        var policy = PolicyText.Resolve($$"""{ "allow": ["{{name}}"] }""");

        Assert.Equal(PolicyAction.Witness, policy.Decide(PolicyText.Call(name, [.. sends.Select(argument => High | argument)])));
        Assert.Equal(PolicyText.Allow, policy.Decide(PolicyText.Call(name, sendsAnother)));
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public void A_policy_that_refuses_the_call_keeps_its_own_answer(string name, ulong[] sends, ulong[] sendsAnother)
    {
        string[] strict =
        [
            """{ "unlisted": "kill" }""",
            $$"""{ "unlisted": "log", "deny": { "kill": ["{{name}}"] } }""",
            $$"""{ "allow": ["{{name}}"], "rules": [{ "syscalls": ["{{name}}"], "action": "kill", "when": [{ "arg": 0, "equals": {{sends[0]}} }] }] }""",
        ];

        foreach (var json in strict)
        {
            Assert.Equal(PolicyText.Kill, PolicyText.Resolve(json).Decide(PolicyText.Call(name, sends)));
        }

        Assert.Equal(PolicyText.Kill, PolicyText.Resolve(strict[0]).Decide(PolicyText.Call(name, sendsAnother)));
    }

    [Fact]
    public void A_rule_on_the_number_itself_still_decides()
    {
        var policy = PolicyText.Resolve(
            """{ "unlisted": "kill", "rules": [{ "syscalls": ["kill"], "action": "allow", "when": [{ "arg": 0, "equals": 2 }, { "arg": 1, "in": [9, 25] }] }] }""");

        Assert.Equal(PolicyAction.Witness, policy.Decide(PolicyText.Call("kill", 2, 25)));
        Assert.Equal(PolicyText.Allow, policy.Decide(PolicyText.Call("kill", 2, 9)));
        Assert.Equal(PolicyText.Kill, policy.Decide(PolicyText.Call("kill", 3, 25)));
        Assert.Equal(PolicyText.Kill, policy.Decide(PolicyText.Call("kill", 2, 10)));
    }

    [Fact]
    public void The_compiled_policy_answers_so_too()
    {
        var policy = PolicyText.Resolve("""{ "allow": ["kill"], "rules": [{ "syscalls": ["kill"], "action": "kill", "when": [{ "arg": 0, "equals": 2 }] }] }""");

        var program = BpfProgram.Parse(SeccompCompiler.Compile(policy));

        Assert.Equal(PolicyAction.Witness, BpfProgram.Run(program, PolicyText.Call("kill", 3, 25)));
        Assert.Equal(PolicyText.Kill, BpfProgram.Run(program, PolicyText.Call("kill", 2, 25)));
        Assert.Equal(PolicyText.Allow, BpfProgram.Run(program, PolicyText.Call("kill", 3, 9)));
    }
}
