using Sandbox.Policies;
using Xunit;

namespace Sandbox.Tests.Policies;

public sealed class PolicyResolverTests
{
    private static readonly uint s_enosys = PolicyText.Errno("ENOSYS");
    private static readonly uint s_eperm = PolicyText.Errno("EPERM");

    [Fact]
    public void An_empty_policy_allows_only_the_exec_of_the_command()
    {
        var policy = PolicyText.Resolve("""{ "allow": [] }""");

        var allowed = SyscallTable.Names.Where(name => SyscallTable.Number(name, SyscallTable.X8664) is not null)
            .Where(name => policy.Decide(PolicyText.Call(name)) == PolicyText.Allow);

        Assert.Equal(["execve"], allowed);
    }

    [Fact]
    public void A_group_that_denies_execve_does_not_keep_the_command_from_starting()
    {
        var policy = PolicyText.Resolve("""{ "deny": { "kill": ["@process", "exec*"] } }""");

        Assert.Equal(PolicyText.Allow, policy.Decide(PolicyText.Call("execve")));
        Assert.Equal(PolicyText.Kill, policy.Decide(PolicyText.Call("execveat")));
    }

    [Fact]
    public void Deny_beats_allow()
    {
        var policy = PolicyText.Resolve("""{ "allow": ["@file-io"], "deny": { "errno EPERM": ["splice"] } }""");

        Assert.Equal(s_eperm, policy.Decide(PolicyText.Call("splice")));
        Assert.Equal(PolicyText.Allow, policy.Decide(PolicyText.Call("read")));
    }

    [Fact]
    public void The_first_rule_that_holds_decides()
    {
        var policy = PolicyText.Resolve("""
            { "allow": ["ioctl"], "rules": [
              { "syscalls": ["ioctl"], "when": [{ "arg": 1, "equals": 5 }], "action": "errno EPERM" },
              { "syscalls": ["ioctl"], "when": [{ "arg": 1, "in": [5, 6] }], "action": "kill" } ] }
            """);

        Assert.Equal(s_eperm, policy.Decide(PolicyText.Call("ioctl", 0, 5)));
        Assert.Equal(PolicyText.Kill, policy.Decide(PolicyText.Call("ioctl", 0, 6)));
        Assert.Equal(PolicyText.Allow, policy.Decide(PolicyText.Call("ioctl", 0, 7)));
    }

    [Fact]
    public void A_group_cannot_allow_what_a_condition_keeps_out()
    {
        var policy = PolicyText.Resolve("""
            { "allow": ["@clone"], "rules": [
              { "syscalls": ["clone"], "when": [{ "arg": 0, "mask": "CLONE_NEW*", "equals": 0 }], "action": "allow" } ] }
            """);

        Assert.Equal(s_enosys, policy.Decide(PolicyText.Call("clone", 0x10000000)));
        Assert.Equal(PolicyText.Allow, policy.Decide(PolicyText.Call("clone", 0x11)));
    }

    // "@process" has prctl in it: whoever names the group has not thought of the options of prctl.
    [Theory]
    [InlineData("@process", "prctl", 22, 15)]
    [InlineData("pr*", "prctl", 22, 15)]
    [InlineData("@file-io", "ioctl", 0xb702, 0x5401)]
    public void A_group_of_an_extending_policy_brings_a_call_on_the_conditions_of_the_extended(string group, string call, ulong refused, ulong allowed)
    {
        var argument = call == "ioctl" ? 1 : 0;
        var policy = PolicyText.Resolve($$"""{ "extends": "judge", "allow": ["{{group}}"] }""");
        var literal = PolicyText.Resolve($$"""{ "extends": "judge", "allow": ["{{call}}"] }""");

        Assert.NotEqual(PolicyText.Allow, policy.Decide(PolicyText.Call(call, Arguments(argument, refused))));
        Assert.Equal(PolicyText.Allow, policy.Decide(PolicyText.Call(call, Arguments(argument, allowed))));
        Assert.Equal(PolicyText.Allow, literal.Decide(PolicyText.Call(call, Arguments(argument, refused))));
    }

    [Fact]
    public void A_group_of_an_extending_policy_takes_a_refusal_back_on_the_conditions_of_the_extended()
    {
        var policy = PolicyText.Resolve("""{ "extends": "judge", "allow": ["@socket-make"] }""");

        Assert.Equal(PolicyText.Allow, policy.Decide(PolicyText.Call("socket", 2, 1, 0)));
        Assert.Equal(PolicyText.Errno("EAFNOSUPPORT"), policy.Decide(PolicyText.Call("socket", 16, 3, 0)));
    }

    [Fact]
    public void A_rule_for_an_own_network_counts_only_with_one()
    {
        const string Json = """{ "rules": [{ "syscalls": ["bind"], "network": "own", "devices": true, "action": "allow" }] }""";

        foreach (var variant in PolicyVariants.All)
        {
            var expected = variant.HasFlag(PolicyVariant.Devices | PolicyVariant.OwnNetwork) ? PolicyText.Allow : PolicyText.Errno("ENOSYS");
            Assert.Equal(expected, PolicyText.Resolve(Json, variant: variant).Decide(PolicyText.Call("bind")));
        }
    }

    [Fact]
    public void A_rule_for_devices_counts_only_with_devices()
    {
        const string Json = """{ "rules": [{ "syscalls": ["ioctl"], "devices": true, "action": "allow" }] }""";

        Assert.Equal(s_enosys, PolicyText.Resolve(Json).Decide(PolicyText.Call("ioctl", 0, 1)));
        Assert.Equal(PolicyText.Allow, PolicyText.Resolve(Json, variant: PolicyVariant.Devices).Decide(PolicyText.Call("ioctl", 0, 1)));
    }

    [Fact]
    public void Rules_of_the_extending_policy_win()
    {
        var policy = PolicyText.Resolve("""
            { "extends": "default", "allow": ["ptrace"], "deny": { "kill": ["read"] }, "rules": [
              { "syscalls": ["socket"], "when": [{ "arg": 0, "equals": "AF_INET" }], "action": "errno EACCES" } ] }
            """);

        Assert.Equal(PolicyText.Allow, policy.Decide(PolicyText.Call("ptrace")));
        Assert.Equal(PolicyText.Kill, policy.Decide(PolicyText.Call("read")));
        Assert.Equal(PolicyText.Errno("EACCES"), policy.Decide(PolicyText.Call("socket", 2, 1, 0)));
        Assert.Equal(PolicyText.Allow, policy.Decide(PolicyText.Call("socket", 1, 1, 0)));
        Assert.Equal(PolicyText.Allow, policy.Decide(PolicyText.Call("write")));
    }

    [Fact]
    public void A_policy_that_extends_itself_is_refused()
    {
        using var directory = new TemporaryDirectory();
        var path = Path.Combine(directory.Path, "circle.json");
        File.WriteAllText(path, """{ "extends": "./circle.json" }""");

        var invalid = Assert.Throws<InvalidJobException>(() => PolicyResolver.Resolve(PolicyFiles.Read(path, out _)!, SyscallTable.X8664, PolicyVariant.None));

        Assert.Contains(invalid.Problems, problem => problem.Message.Contains("circle", StringComparison.Ordinal));
    }

    [Fact]
    public void A_call_of_another_architecture_is_skipped_in_a_group_only()
    {
        const string Direct = """{ "allow": ["fork"] }""";
        const string Grouped = """{ "groups": { "@mine": ["fork", "read"] }, "allow": ["@mine"] }""";

        var grouped = PolicyText.Resolve(Grouped, SyscallTable.Aarch64);

        Assert.Equal(PolicyText.Allow, grouped.Decide(PolicyText.Call(SyscallTable.Aarch64, "read")));
        Assert.Throws<InvalidJobException>(() => PolicyText.Resolve(Direct, SyscallTable.Aarch64));
    }

    [Fact]
    public void Bits_that_the_kernel_does_not_look_at_do_not_change_the_answer()
    {
        var policy = PolicyText.Resolve("""
            { "allow": ["ioctl"], "rules": [
              { "syscalls": ["ioctl"], "when": [{ "arg": 1, "equals": "TIOCSTI" }], "action": "errno EPERM" } ] }
            """);

        Assert.Equal(s_eperm, policy.Decide(PolicyText.Call("ioctl", 0, 0xdead_beef_0000_5412)));
    }

    [Fact]
    public void Unlisted_calls_cannot_be_allowed()
    {
        var problem = Assert.Single(PolicyText.Problems("""{ "unlisted": "allow" }"""));

        Assert.Equal("/seccomp/unlisted", problem.Pointer);
    }

    [Theory]
    [InlineData(SyscallTable.I386, 20)]
    [InlineData(SyscallTable.X8664, 0x4000_0027)]
    [InlineData(SyscallTable.Aarch64, 172)]
    public void Foreign_architectures_and_x32_are_killed(uint arch, int number)
    {
        var policy = PolicyText.BuiltIn("default");

        Assert.Equal(PolicyText.Kill, policy.Decide(new SystemCall(number, arch, default)));
    }

    private static ulong[] Arguments(int argument, ulong value) => argument == 0 ? [value] : [0, value];
}
