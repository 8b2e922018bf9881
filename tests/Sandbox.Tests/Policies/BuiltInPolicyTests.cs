using Sandbox.Policies;
using Xunit;

namespace Sandbox.Tests.Policies;

public sealed class BuiltInPolicyTests
{
    private const ulong High = 0xdead_beef_0000_0000;

    [Theory]
    [InlineData(SyscallTable.X8664)]
    [InlineData(SyscallTable.Aarch64)]
    public void Every_call_is_in_a_group(uint arch)
    {
        var groups = new PolicyLibrary(new PolicyProblems()).Groups();
        var grouped = new SyscallNames(arch, [groups], new PolicyProblems())
            .Expand(groups.Groups.Values.SelectMany(words => words)).Select(call => call.Name).ToHashSet();

        var missing = SyscallTable.Names.Where(name => SyscallTable.Number(name, arch) is not null && !grouped.Contains(name));

        Assert.Empty(missing);
    }

    [Fact]
    public void No_call_is_in_two_groups()
    {
        var groups = new PolicyLibrary(new PolicyProblems()).Groups();
        var names = new SyscallNames(SyscallTable.X8664, [groups], new PolicyProblems());

        var twice = groups.Groups.SelectMany(group => names.Expand(group.Value).Select(call => (call.Name, group.Key)))
            .GroupBy(entry => entry.Name).Where(entries => entries.Count() > 1).Select(entries => entries.Key);

        Assert.Empty(twice);
    }

    [Theory]
    [InlineData("io_uring_setup"), InlineData("io_uring_enter"), InlineData("io_uring_register")]
    [InlineData("unshare"), InlineData("setns"), InlineData("clone3")]
    [InlineData("mount"), InlineData("umount2"), InlineData("pivot_root"), InlineData("chroot"), InlineData("move_mount"), InlineData("open_tree")]
    [InlineData("open_tree_attr"), InlineData("fsopen"), InlineData("fsconfig"), InlineData("fsmount"), InlineData("fspick"), InlineData("mount_setattr")]
    [InlineData("statmount"), InlineData("listmount"), InlineData("listns")]
    [InlineData("bpf"), InlineData("perf_event_open"), InlineData("userfaultfd"), InlineData("memfd_secret")]
    [InlineData("add_key"), InlineData("request_key"), InlineData("keyctl")]
    [InlineData("ptrace"), InlineData("process_vm_readv"), InlineData("process_vm_writev"), InlineData("pidfd_getfd"), InlineData("kcmp"), InlineData("process_madvise")]
    [InlineData("open_by_handle_at"), InlineData("fanotify_init")]
    [InlineData("init_module"), InlineData("finit_module"), InlineData("delete_module"), InlineData("kexec_load"), InlineData("kexec_file_load")]
    [InlineData("reboot"), InlineData("swapon"), InlineData("swapoff"), InlineData("syslog"), InlineData("acct"), InlineData("quotactl"), InlineData("quotactl_fd")]
    [InlineData("sethostname"), InlineData("setdomainname"), InlineData("settimeofday"), InlineData("clock_settime"), InlineData("clock_adjtime"), InlineData("adjtimex")]
    [InlineData("vhangup"), InlineData("lookup_dcookie"), InlineData("nfsservctl"), InlineData("move_pages"), InlineData("migrate_pages")]
    public void A_dangerous_call_is_refused_by_every_policy_but_build(string name)
    {
        foreach (var arch in SyscallTable.Architectures)
        {
            Assert.NotEqual(PolicyText.Allow, PolicyText.BuiltIn("default", arch).Decide(PolicyText.Call(arch, name)));
            Assert.NotEqual(PolicyText.Allow, PolicyText.BuiltIn("judge", arch).Decide(PolicyText.Call(arch, name)));
        }
    }

    [Theory]
    [InlineData("iopl"), InlineData("ioperm"), InlineData("modify_ldt"), InlineData("uselib"), InlineData("sysfs"), InlineData("_sysctl")]
    public void A_dangerous_call_of_x86_is_refused(string name) =>
        Assert.NotEqual(PolicyText.Allow, PolicyText.BuiltIn("build").Decide(PolicyText.Call(name)));

    [Fact]
    public void Only_plain_internet_and_local_sockets_can_be_made()
    {
        var policy = PolicyText.BuiltIn("default");
        var families = new List<ulong>();

        for (var family = 0UL; family < 64; family++)
        {
            if (Kinds().Any(kind => policy.Decide(PolicyText.Call("socket", family, kind.Type, kind.Protocol)) == PolicyText.Allow))
            {
                families.Add(family);
            }
        }

        Assert.Equal([1UL, 2UL, 10UL], families);
    }

    // AF_NETLINK is 16, NETLINK_ROUTE 0; a raw or datagram socket, whatever SOCK_CLOEXEC and SOCK_NONBLOCK say.
    [Theory]
    [InlineData("default", PolicyText.Allow), InlineData("judge", PolicyText.Allow)]
    public void Route_netlink_is_for_jobs_with_a_network_of_their_own(string name, uint own)
    {
        foreach (var variant in PolicyVariants.All)
        {
            var policy = PolicyText.BuiltIn(name, variant: variant);
            var expected = variant.HasFlag(PolicyVariant.OwnNetwork) ? own : PolicyText.Errno("EAFNOSUPPORT");

            foreach (var type in new ulong[] { 2, 3, 0x80003, 0x80802, High | 3 })
            {
                Assert.Equal(expected, policy.Decide(PolicyText.Call("socket", High | 16, type, High)));
            }

            foreach (var (type, protocol) in new (ulong, ulong)[] { (3, 4), (3, 16), (3, 15), (2, 9), (1, 0), (5, 0) })
            {
                Assert.Equal(PolicyText.Errno("EAFNOSUPPORT"), policy.Decide(PolicyText.Call("socket", 16, type, protocol)));
            }
        }
    }

    [Fact]
    public void A_graded_program_that_traces_itself_is_refused_and_not_ended()
    {
        foreach (var call in new[] { "ptrace", "process_vm_readv", "process_vm_writev", "pidfd_getfd", "kcmp" })
        {
            Assert.Equal(PolicyText.Errno("EPERM"), PolicyText.BuiltIn("judge").Decide(PolicyText.Call(call)));
        }
    }

    [Fact]
    public void Build_traces_every_process_but_the_first()
    {
        foreach (var (call, argument) in new[] { ("ptrace", 1), ("process_vm_readv", 0), ("process_vm_writev", 0) })
        {
            Assert.Equal(PolicyText.Allow, PolicyText.BuiltIn("build").Decide(PolicyText.Call(call, 16, 16)));
            foreach (var one in new[] { 1UL, High | 1 })
            {
                Assert.Equal(PolicyText.Errno("EPERM"), PolicyText.BuiltIn("build").Decide(argument == 0 ? PolicyText.Call(call, one) : PolicyText.Call(call, 16, one)));
            }
        }
    }

    [Theory]
    [InlineData(2, 3, 1)]
    [InlineData(2, 2, 1)]
    [InlineData(2, 1, 262)]
    [InlineData(10, 5, 132)]
    [InlineData(10, 0x80003, 255)]
    public void Raw_ping_and_rare_protocols_are_refused(ulong family, ulong type, ulong protocol)
    {
        var policy = PolicyText.BuiltIn("default");

        var answer = policy.Decide(PolicyText.Call("socket", family, type, protocol));

        Assert.Equal(PolicyText.Errno("EPROTONOSUPPORT"), answer);
    }

    [Theory]
    [InlineData(0x02000000), InlineData(0x04000000), InlineData(0x08000000), InlineData(0x10000000)]
    [InlineData(0x20000000), InlineData(0x40000000), InlineData(0x00020000), InlineData(0x80)]
    public void A_namespace_cannot_be_made_with_clone(ulong flag)
    {
        var eperm = PolicyText.Errno("EPERM");
        var policy = PolicyText.BuiltIn("default");

        Assert.Equal(eperm, policy.Decide(PolicyText.Call("clone", flag | 17)));
        Assert.Equal(eperm, policy.Decide(PolicyText.Call("clone", High | flag | 17)));
        Assert.Equal(PolicyText.Kill, PolicyText.BuiltIn("judge").Decide(PolicyText.Call("clone", flag | 17)));
    }

    [Theory]
    [InlineData(0x5412), InlineData(0x541c), InlineData(0x5423), InlineData(0x541d)]
    public void A_terminal_request_is_refused_whatever_its_high_bits(ulong request)
    {
        var eperm = PolicyText.Errno("EPERM");

        foreach (var name in new[] { "default", "build" })
        {
            Assert.Equal(eperm, PolicyText.BuiltIn(name).Decide(PolicyText.Call("ioctl", 0, request)));
            Assert.Equal(eperm, PolicyText.BuiltIn(name).Decide(PolicyText.Call("ioctl", 0, High | request)));
        }
    }

    [Fact]
    public void A_strict_policy_kills_for_a_call_that_nobody_knows()
    {
        var call = new SystemCall(471, SyscallTable.X8664, default);

        Assert.Equal(PolicyText.Kill, PolicyText.BuiltIn("judge").Decide(call));
        Assert.Equal(PolicyText.Errno("ENOSYS"), PolicyText.BuiltIn("default").Decide(call));
    }

    [Fact]
    public void An_unknown_policy_is_answered_with_the_names()
    {
        var invalid = Assert.Throws<InvalidJobException>(() => PolicyStore.Load(new NamedPolicy { Name = "defualt" }, PolicyVariant.None));

        var problem = Assert.Single(invalid.Problems);
        Assert.Equal(("/seccomp", "default"), (problem.Pointer, problem.Suggestion));
    }

    private static IEnumerable<(ulong Type, ulong Protocol)> Kinds() =>
        from type in new ulong[] { 1, 2, 3, 4, 5, 6, 10, 0x80001 }
        from protocol in new ulong[] { 0, 1, 6, 17, 255 }
        select (type, protocol);
}
