using Sandbox.Policies;
using Xunit;

namespace Sandbox.Tests.Policies;

/// <summary>Calls that are many calls in one (setsockopt, ioctl, prctl, fcntl): which of them the built-in policies let through.</summary>
public sealed class AllowedOptionTests
{
    private const ulong High = 0xdead_beef_0000_0000;

    public static TheoryData<string, uint, int> BuiltIns => SeccompCompilerTests.BuiltIns;

    // SO_ATTACH_FILTER, SO_ATTACH_BPF, SO_ATTACH_REUSEPORT_CBPF, SO_ATTACH_REUSEPORT_EBPF at SOL_SOCKET.
    [Theory]
    [MemberData(nameof(BuiltIns))]
    public void No_filter_can_be_attached_to_a_socket(string name, uint arch, int variant)
    {
        var refused = PolicyText.Errno("ENOPROTOOPT");
        var program = Program(name, arch, (PolicyVariant)variant);

        foreach (var option in new ulong[] { 26, 50, 51, 52 })
        {
            foreach (var (level, optname) in new[] { (1UL, option), (High | 1, option), (1UL, High | option), (High | 1, High | option) })
            {
                Assert.Equal(refused, BpfProgram.Run(program, PolicyText.Call(arch, "setsockopt", 3, level, optname, 4096, 16)));
            }
        }
    }

    [Theory]
    [MemberData(nameof(BuiltIns))]
    public void Options_pass_at_the_levels_of_plain_sockets_only(string name, uint arch, int variant)
    {
        var program = Program(name, arch, (PolicyVariant)variant);
        ulong[] expected = name == "build" ? [0, 1, 6, 17, 41, 270] : [0, 1, 6, 17, 41];

        var levels = Enumerable.Range(0, 600).Select(level => (ulong)level)
            .Where(level => Enumerable.Range(0, 300).Any(option => Passes(program, arch, "setsockopt", 3, level, (ulong)option)));

        Assert.Equal(expected, levels);
    }

    [Theory]
    [InlineData(0, 3), InlineData(0, 16), InlineData(0, 17), InlineData(0, 19), InlineData(0, 21), InlineData(0, 37), InlineData(0, 41), InlineData(0, 64)]
    [InlineData(1, 32), InlineData(1, 33), InlineData(1, 36), InlineData(1, 37), InlineData(1, 46), InlineData(1, 60), InlineData(1, 61), InlineData(1, 73)]
    [InlineData(6, 14), InlineData(6, 19), InlineData(6, 31), InlineData(6, 32), InlineData(6, 37), InlineData(6, 38)]
    [InlineData(17, 100), InlineData(17, 104)]
    [InlineData(41, 1), InlineData(41, 20), InlineData(41, 27), InlineData(41, 32), InlineData(41, 54), InlineData(41, 64), InlineData(41, 73)]
    [InlineData(256, 0), InlineData(263, 18), InlineData(279, 1), InlineData(281, 1), InlineData(282, 1), InlineData(283, 1)]
    public void An_option_that_holds_memory_or_needs_a_capability_is_one_that_nobody_knows(ulong level, ulong option)
    {
        foreach (var name in PolicyLibrary.Names)
        {
            Assert.Equal(PolicyText.Errno("ENOPROTOOPT"), PolicyText.BuiltIn(name).Decide(PolicyText.Call("setsockopt", 3, level, option)));
        }
    }

    // What servers, clients and run-times set: sshd, nginx, redis, curl, Java, Node, Go, .NET, Python, PostgreSQL.
    [Theory]
    [InlineData(1, 2), InlineData(1, 6), InlineData(1, 7), InlineData(1, 8), InlineData(1, 9), InlineData(1, 13), InlineData(1, 15), InlineData(1, 16), InlineData(1, 20), InlineData(1, 21)]
    [InlineData(6, 1), InlineData(6, 3), InlineData(6, 4), InlineData(6, 5), InlineData(6, 6), InlineData(6, 9), InlineData(6, 12), InlineData(6, 18), InlineData(6, 23), InlineData(6, 25)]
    [InlineData(0, 1), InlineData(0, 2), InlineData(0, 8), InlineData(0, 10), InlineData(0, 11), InlineData(0, 24), InlineData(0, 32), InlineData(0, 33), InlineData(0, 34), InlineData(0, 35)]
    [InlineData(41, 16), InlineData(41, 17), InlineData(41, 18), InlineData(41, 25), InlineData(41, 26), InlineData(41, 49), InlineData(41, 67)]
    [InlineData(17, 103)]
    public void An_option_of_ordinary_programs_passes(ulong level, ulong option)
    {
        foreach (var name in PolicyLibrary.Names)
        {
            Assert.Equal(PolicyText.Allow, PolicyText.BuiltIn(name).Decide(PolicyText.Call("setsockopt", 3, level, option)));
        }
    }

    // FIBMAP, FIFREEZE, FITRIM, FIEMAP, dedupe, fscrypt, fs-verity, btrfs subvolumes, name spaces, pidfds, loop, tun, kvm,
    // SIOCADDRT, SIOCSIFADDR, SIOCGSTAMP, SIOCUNIXFILE, PAGEMAP_SCAN, TIOCVHANGUP, TIOCSSERIAL, RNDADDENTROPY, perf.
    [Theory]
    [InlineData(1), InlineData(0xc0045877), InlineData(0xc0185879), InlineData(0xc020660b), InlineData(0xc0189436), InlineData(0xc0506617), InlineData(0x40806685)]
    [InlineData(0x5000940e), InlineData(0xb702), InlineData(0xff01), InlineData(0x4c00), InlineData(0x400454ca), InlineData(0xae01)]
    [InlineData(0x890b), InlineData(0x8916), InlineData(0x8906), InlineData(0x89e0), InlineData(0xc0606610), InlineData(0x5437), InlineData(0x541f), InlineData(0x40085203), InlineData(0x2401)]
    public void A_request_of_a_driver_or_file_system_is_one_that_nobody_knows(ulong request)
    {
        foreach (var name in PolicyLibrary.Names)
        {
            Assert.Equal(PolicyText.Errno("ENOTTY"), PolicyText.BuiltIn(name).Decide(PolicyText.Call("ioctl", 3, request)));
            Assert.Equal(PolicyText.Errno("ENOTTY"), PolicyText.BuiltIn(name).Decide(PolicyText.Call("ioctl", 3, High | request)));
            Assert.Equal(PolicyText.Allow, PolicyText.BuiltIn(name, variant: PolicyVariant.Devices).Decide(PolicyText.Call("ioctl", 3, request)));
        }
    }

    [Theory]
    [InlineData(0x5401), InlineData(0x5402), InlineData(0x802c542a), InlineData(0x5413), InlineData(0x541b), InlineData(0x5421), InlineData(0x5450), InlineData(0x5451)]
    [InlineData(0x80045430), InlineData(0x5441), InlineData(0x40049409), InlineData(0x80086601), InlineData(0x8912), InlineData(0x8927)]
    public void A_request_of_ordinary_programs_passes(ulong request)
    {
        foreach (var name in PolicyLibrary.Names)
        {
            Assert.Equal(PolicyText.Allow, PolicyText.BuiltIn(name).Decide(PolicyText.Call("ioctl", 3, High | request)));
        }
    }

    [Theory]
    [InlineData(0x5412), InlineData(0x541c)]
    public void Devices_do_not_bring_typing_into_terminals_along(ulong request)
    {
        foreach (var name in PolicyLibrary.Names)
        {
            Assert.NotEqual(PolicyText.Allow, PolicyText.BuiltIn(name, variant: PolicyVariant.Devices).Decide(PolicyText.Call("ioctl", 3, High | request)));
        }
    }

    // Filters, machine checks, PR_SET_MM, PR_SET_IO_FLUSHER, dispatch to a handler, core scheduling, KSM, futex tables; and what is not made yet.
    [Theory]
    [InlineData(21), InlineData(22), InlineData(33), InlineData(35), InlineData(57), InlineData(59), InlineData(62), InlineData(67), InlineData(78), InlineData(200)]
    public void An_option_of_a_process_that_is_not_listed_is_one_that_nobody_knows(ulong option)
    {
        foreach (var name in PolicyLibrary.Names)
        {
            Assert.Equal(PolicyText.Errno("EINVAL"), PolicyText.BuiltIn(name).Decide(PolicyText.Call("prctl", option)));
            Assert.Equal(PolicyText.Errno("EINVAL"), PolicyText.BuiltIn(name).Decide(PolicyText.Call("prctl", High | option)));
        }
    }

    [Theory]
    [InlineData(1), InlineData(4), InlineData(15), InlineData(16), InlineData(23), InlineData(36), InlineData(38), InlineData(41), InlineData(0x53564d41), InlineData(0x59616d61)]
    public void An_option_that_ordinary_programs_set_passes(ulong option)
    {
        foreach (var name in PolicyLibrary.Names)
        {
            Assert.Equal(PolicyText.Allow, PolicyText.BuiltIn(name).Decide(PolicyText.Call("prctl", High | option)));
        }
    }

    [Theory]
    [InlineData("seccomp"), InlineData("landlock_create_ruleset"), InlineData("landlock_add_rule"), InlineData("landlock_restrict_self")]
    public void Restricting_itself_further_looks_like_a_call_of_a_newer_kernel(string call)
    {
        foreach (var name in PolicyLibrary.Names)
        {
            Assert.Equal(PolicyText.Errno("ENOSYS"), PolicyText.BuiltIn(name).Decide(PolicyText.Call(call)));
        }
    }

    [Theory]
    [InlineData(1024), InlineData(1026)]
    public void Leases_and_notifications_on_files_are_refused(ulong command)
    {
        foreach (var name in PolicyLibrary.Names)
        {
            Assert.Equal(PolicyText.Errno("EINVAL"), PolicyText.BuiltIn(name).Decide(PolicyText.Call("fcntl", 3, High | command)));
        }
    }

    private static BpfInstruction[] Program(string name, uint arch, PolicyVariant variant) =>
        BpfProgram.Parse(PolicyStore.BuiltIn(name, arch, variant).Program.Span);

    private static bool Passes(BpfInstruction[] program, uint arch, string call, params ReadOnlySpan<ulong> arguments) =>
        BpfProgram.Run(program, PolicyText.Call(arch, call, arguments)) == PolicyText.Allow;
}
