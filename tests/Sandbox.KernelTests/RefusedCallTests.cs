using Sandbox.Policies;
using Xunit;

namespace Sandbox.KernelTests;

/// <summary>The calls no job may make, tried one by one under the default policy.</summary>
public sealed class RefusedCallTests : KernelTest
{
    [KernelTheory]
    [InlineData("io-uring")]
    [InlineData("bpf")]
    [InlineData("perf")]
    [InlineData("userfaultfd")]
    [InlineData("keyctl")]
    [InlineData("keyctl-join")]
    [InlineData("add-key")]
    [InlineData("request-key")]
    [InlineData("tiocsti")]
    [InlineData("tiocsti-high-bits")]
    [InlineData("tioclinux")]
    [InlineData("init-module")]
    [InlineData("finit-module")]
    [InlineData("delete-module")]
    [InlineData("kexec")]
    [InlineData("reboot")]
    [InlineData("swapon")]
    [InlineData("acct")]
    [InlineData("syslog")]
    [InlineData("quotactl")]
    [InlineData("vhangup")]
    [InlineData("fanotify")]
    [InlineData("personality")]
    [InlineData("seccomp-filter")]
    [InlineData("seccomp-mode")]
    [InlineData("landlock")]
    [InlineData("counters-off")]
    [InlineData("core-scheduling")]
    [InlineData("futex-table")]
    [InlineData("machine-check")]
    [InlineData("extents")]
    [InlineData("file-flags")]
    [InlineData("name-space-of-file")]
    [InlineData("lease")]
    [InlineData("notify")]
    [InlineData("huge-mapping")]
    [InlineData("huge-memfd")]
    [InlineData("merge")]
    [InlineData("unknown-call")]
    public Task A_call_into_the_depths_of_the_kernel_is_denied(string call) => DeniedAsync(call);

    [KernelTheory]
    [InlineData("socket-vsock")]
    [InlineData("socket-packet")]
    [InlineData("socket-alg")]
    [InlineData("socket-netlink-generic")]
    [InlineData("socket-netlink-diag")]
    [InlineData("socket-netlink-stream")]
    [InlineData("socket-raw")]
    [InlineData("socket-ping")]
    [InlineData("socket-key")]
    [InlineData("socket-bluetooth")]
    [InlineData("socket-can")]
    [InlineData("socket-xdp")]
    [InlineData("socket-tipc")]
    [InlineData("socket-rds")]
    [InlineData("socket-smc")]
    public Task A_socket_of_a_rare_family_is_denied(string call) => DeniedAsync(call);

    [KernelTheory]
    [InlineData("time-stamp")]
    [InlineData("zero-copy")]
    [InlineData("udp-encap")]
    [InlineData("tcp-md5")]
    [InlineData("tcp-ulp")]
    [InlineData("ip-min-ttl")]
    public Task A_rare_option_of_a_socket_is_one_that_nobody_knows(string call) => PrintsAsync("denied ENOPROTOOPT", call, "default");

    [KernelTheory]
    [InlineData("attach-filter"), InlineData("attach-filter-high-bits"), InlineData("attach-bpf")]
    [InlineData("attach-reuseport-cbpf"), InlineData("attach-reuseport-ebpf")]
    public async Task No_filter_can_be_attached_to_a_socket(string call)
    {
        foreach (var policy in PolicyLibrary.Names)
        {
            // judge gives a socketpair only, which cannot share a port
            if (policy != "judge" || !call.Contains("reuseport", StringComparison.Ordinal))
            {
                await PrintsAsync("denied ENOPROTOOPT", call, policy);
            }
        }
    }

    [KernelTheory]
    [InlineData("seccomp-listener", "denied ENOSYS")]
    [InlineData("seccomp-filter", "denied EINVAL")]
    [InlineData("seccomp-mode", "denied EINVAL")]
    [InlineData("landlock", "denied ENOSYS")]
    public async Task Restricting_itself_is_answered_as_on_a_kernel_without_it(string call, string answer)
    {
        foreach (var policy in PolicyLibrary.Names)
        {
            await PrintsAsync(answer, call, policy);
        }
    }

    [KernelFact]
    public async Task A_policy_of_ones_own_can_allow_a_filter()
    {
        var policy = """{ "extends": "default", "allow": ["seccomp"] }"""u8.ToArray();

        var result = await RunAsync(Probe.Job("refused_call", "seccomp-listener") with { Seccomp = new InlinePolicy { Json = policy } });

        AssertVerdict(Verdict.Ok, result);
        Assert.DoesNotContain("ENOSYS", Out(result), StringComparison.Ordinal);
    }

    [KernelTheory]
    [InlineData("unshare-user")]
    [InlineData("unshare-mount")]
    [InlineData("unshare-net")]
    [InlineData("unshare-pid")]
    [InlineData("unshare-time")]
    [InlineData("clone-user")]
    [InlineData("clone-user-net")]
    [InlineData("clone3-user")]
    [InlineData("setns-of-init")]
    [InlineData("setns-own")]
    [InlineData("chroot")]
    [InlineData("pivot-root")]
    [InlineData("mount")]
    [InlineData("mount-bind")]
    [InlineData("umount")]
    [InlineData("umount-root")]
    [InlineData("fsopen")]
    [InlineData("open-tree")]
    [InlineData("mount-setattr")]
    [InlineData("open-by-handle")]
    public Task A_change_of_namespace_or_mounts_is_denied(string call) => DeniedAsync(call);

    [KernelTheory]
    [InlineData("ptrace-init")]
    [InlineData("ptrace-attach-init")]
    [InlineData("read-init")]
    [InlineData("write-init")]
    [InlineData("take-fd-of-init")]
    [InlineData("kcmp")]
    [InlineData("seccomp-listener")]
    [InlineData("set-priority")]
    [InlineData("real-time")]
    [InlineData("set-user-root")]
    [InlineData("set-group-root")]
    [InlineData("set-user-other")]
    [InlineData("setgroups")]
    [InlineData("set-hostname")]
    [InlineData("set-time")]
    public Task Power_over_another_process_or_identity_is_denied(string call) => DeniedAsync(call);

    [KernelTheory(Needs.X64)]
    [InlineData("iopl")]
    [InlineData("ioperm")]
    [InlineData("modify-ldt")]
    [InlineData("uselib")]
    public Task A_call_of_the_pc_is_denied(string call) => DeniedAsync(call);

    // The C library falls back to clone only if clone3 looks like a call that is not there.
    [KernelFact]
    public async Task Clone3_looks_like_a_call_of_a_newer_kernel()
    {
        var result = await RunAsync(Probe.Job("refused_call", "clone3-plain"));

        AssertPrinted("denied ENOSYS", result);
    }

    // User-mode Linux takes int $0x80 for a call of its own.
    [KernelTheory(Needs.X64 | Needs.NativeKernel)]
    [InlineData("int80")]
    [InlineData("x32")]
    public async Task A_call_of_a_foreign_architecture_is_a_policy_violation(string door)
    {
        var result = await RunAsync(Probe.Job("foreign_call", door));

        // A kernel without the door (ia32_emulation=0, a confidential guest) answers with SIGSEGV, in a sandbox and elsewhere, and no filter is asked.
        if (await EndsBySegmentationFaultAsync(Path.Combine(Probe.Directory, "foreign_call"), door))
        {
            Assert.Equal((Verdict.Signal, "SIGSEGV"), (result.Verdict, result.Signal));
            return;
        }

        AssertVerdict(Verdict.PolicyViolation, result);
        Assert.Equal(Killer.Seccomp, result.KilledBy);
        Assert.NotEmpty(result.Violations);
    }

    private static async Task<bool> EndsBySegmentationFaultAsync(string program, string argument)
    {
        using var process = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo(program, [argument]) { RedirectStandardOutput = true })!;
        await process.WaitForExitAsync(Cancellation);
        return process.ExitCode == 128 + 11;
    }

    [KernelFact]
    public async Task A_violation_names_the_call_that_was_made()
    {
        var policy = """{ "unlisted": "kill", "extends": "default", "deny": { "kill": ["sethostname"] } }"""u8.ToArray();

        var result = await RunAsync(Probe.Job("refused_call", "set-hostname") with { Seccomp = new InlinePolicy { Json = policy } });

        AssertVerdict(Verdict.PolicyViolation, result);
        Assert.Equal("sethostname", Assert.Single(result.Violations).Syscall);
    }

    [KernelFact]
    public async Task An_empty_allow_list_still_gives_a_truthful_result()
    {
        var policy = """{ "unlisted": "kill", "allow": [] }"""u8.ToArray();

        var result = await RunAsync(Probe.Job("say", "never") with { Seccomp = new InlinePolicy { Json = policy } });

        AssertVerdict(Verdict.PolicyViolation, result);
        Assert.Equal("", Out(result));
        Assert.NotEmpty(result.Violations);
    }

    private async Task PrintsAsync(string expected, string call, string policy) =>
        AssertPrinted(expected, await RunAsync(Probe.Job("refused_call", call) with { Seccomp = new NamedPolicy { Name = policy } }));

    private async Task DeniedAsync(string call)
    {
        var result = await RunAsync(Probe.Job("refused_call", call));

        AssertDenied(result);
    }
}
