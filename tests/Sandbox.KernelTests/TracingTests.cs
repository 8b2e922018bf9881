using Xunit;

namespace Sandbox.KernelTests;

/// <summary>Debuggers and LeakSanitizer trace processes of the job: under build they work, elsewhere they are refused without an end.</summary>
public sealed class TracingTests : KernelTest
{
    private const string Program = "#include <stdio.h>\n#include <stdlib.h>\nint main(void) { free(malloc(9)); puts(\"hi\"); return 0; }\n";

    [KernelFact]
    public async Task A_child_can_be_traced_under_build() => AssertPrinted("traced 42 0", await RunAsync(Trace("build", "child")));

    [KernelTheory]
    [InlineData("default"), InlineData("judge")]
    public async Task Tracing_is_refused_and_the_job_goes_on(string policy) =>
        AssertPrinted("denied EPERM", await RunAsync(Trace(policy, "child")));

    [KernelFact]
    public async Task A_stopped_child_under_a_tracer_ends_with_the_job()
    {
        AssertPrinted("held", await RunAsync(Trace("build", "held")));
    }

    [KernelFact]
    public async Task A_job_that_has_pid_one_trace_it_is_held_to_its_wall_time()
    {
        var job = Trace("build", "init");

        var result = await RunAsync(job with { Limits = job.Limits with { WallTime = TimeSpan.FromSeconds(1) * Requirements.Slowness } });

        AssertVerdict(Verdict.WallTimeLimit, result);
        Assert.Equal("asked\n", Out(result));
    }

    [KernelTheory]
    [InlineData("ptrace-init"), InlineData("ptrace-attach-init"), InlineData("read-init"), InlineData("write-init"), InlineData("take-fd-of-init")]
    public async Task Process_one_is_not_traced_under_build(string call) =>
        AssertDenied(await RunAsync(Probe.Job("refused_call", call) with { Seccomp = new NamedPolicy { Name = "build" } }));

    // AddressSanitizer reserves terabytes of addresses, which only a limit of addresses would refuse.
    // User-mode Linux has its own things where a sanitizer puts its shadow.
    [KernelTheory(Needs.NativeKernel, tool: "gcc", Timeout = 90_000)]
    [InlineData("address"), InlineData("leak")]
    public Task A_sanitizer_finds_no_leak_under_build(string sanitizer) =>
        PrintsAsync($"gcc -fsanitize={sanitizer} a.c -o a && ./a && echo status $?", "hi\nstatus 0");

    [KernelFact(tool: "gdb", Timeout = 90_000)]
    public Task Gdb_runs_a_program_under_build() =>
        PrintsAsync("gcc -g a.c -o a && gdb -batch -ex run ./a 2>&1 | grep -o 'exited normally'", "exited normally");

    [KernelFact(tool: "strace", Timeout = 90_000)]
    public Task Strace_runs_a_program_under_build() =>
        PrintsAsync("gcc a.c -o a && strace -f -o trace ./a && grep -c 'write(1, \"hi' trace", "hi\n1");

    private async Task PrintsAsync(string script, string expected)
    {
        var job = Probe.Tool("sh", "-c", script) with
        {
            Files = [VerdictTests.Text("/work/a.c", Program)],
            Seccomp = new NamedPolicy { Name = "build" },
            Limits = new ResourceLimits { WallTime = TimeSpan.FromSeconds(60), MemoryBytes = 2L << 30 },
        };

        AssertPrinted(expected, await RunAsync(job));
    }

    private static JobSpec Trace(string policy, string way) =>
        Probe.Job("trace_child", way) with { Seccomp = new NamedPolicy { Name = policy } };
}
