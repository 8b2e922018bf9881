using System.Diagnostics;
using System.Globalization;
using Sandbox.Server.Handover;
using Xunit;

namespace Sandbox.Tests.Server;

public sealed class CallerFactsTests
{
    [Fact]
    public async Task A_process_that_only_was_started_is_no_different() => Assert.Null(await DifferenceAsync("env"));

    [Theory]
    [InlineData("rlimit Max file size", "prlimit", "--fsize=1000000:1000000")]
    [InlineData("rlimit Max open files", "prlimit", "--nofile=200:200")]
    [InlineData("rlimit Max address space", "prlimit", "--as=4000000000:4000000000")]
    [InlineData("rlimit Max cpu time", "prlimit", "--cpu=1000")]
    [InlineData("NoNewPrivs", "setpriv", "--no-new-privs")]
    [InlineData("Cpus_allowed", "taskset", "-c", "0")]
    [InlineData("scheduling", "nice", "-n", "3")]
    [InlineData("oom_score_adj", "choom", "-n", "777", "--")]
    [InlineData("Umask", "sh", "-c", "umask 0171; exec \"$@\"", "sh")]
    [InlineData("variable SANDBOX_STORE", "env", "SANDBOX_STORE=/elsewhere")]
    public async Task What_a_caller_has_of_its_own_is_seen(string difference, params string[] wrapper)
    {
        Assert.SkipWhen(difference == "Cpus_allowed" && Environment.ProcessorCount == 1, "one processor");

        Assert.Equal(difference, await DifferenceAsync(wrapper));
    }

    [Theory]
    [InlineData("namespace mnt", "-Um")]
    [InlineData("namespace user", "-U")]
    [InlineData("namespace net", "-Un")]
    [InlineData("namespace ipc", "-Ui")]
    [InlineData("namespace uts", "-Uu")]
    public async Task A_caller_in_another_namespace_is_seen(string namespaces, string option)
    {
        Assert.SkipUnless(await Starts("unshare", option, "true"), "no user namespaces");

        Assert.Contains(await DifferenceAsync("unshare", option), new[] { namespaces, "namespace user" });
    }

    [Fact]
    public async Task A_limit_on_the_size_of_files_is_seen_the_soft_one()
    {
        await using var limited = await StartedAsync("prlimit", "--fsize=1000000:unlimited");
        await using var free = await StartedAsync("prlimit", "--fsize=unlimited:unlimited");

        Assert.Equal((true, false), (limited.Facts.HasFileSizeLimit, free.Facts.HasFileSizeLimit));
    }

    [Fact]
    public void A_kernel_without_a_kind_of_namespaces_has_none_to_compare()
    {
        using var kernel = new TemporaryDirectory();
        File.CreateSymbolicLink(kernel.Path + "/user", "user:[1]");

        Assert.Equal(["user"], CallerFacts.NamespacesOf(kernel.Path, ["user", "time"]));
        Assert.Contains("user", CallerFacts.NamespacesOf("/proc/self/ns", ["user", "time"]));
    }

    [Fact]
    public async Task Another_group_and_a_capability_less_are_seen()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root");

        Assert.Equal("Groups", await DifferenceAsync("setpriv", "--groups", "4711"));
        Assert.Equal("CapPrm", await DifferenceAsync("setpriv", "--bounding-set", "-sys_time"));
    }

    [Fact]
    public async Task Another_root_is_seen()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess && File.Exists("/bin/busybox"), "needs root and busybox");

        using var root = new TemporaryDirectory();
        File.Copy("/bin/busybox", root.Path + "/busybox");

        Assert.Equal("root", await DifferenceAsync("chroot", root.Path, "/busybox"));
    }

    // Two that gained the same by no_new_privs, which an ordinary user cannot have a filter without (seccomp(2)).
    [Fact]
    public async Task A_filter_that_lets_all_through_is_seen()
    {
        await using var plain = await StartedAsync("setpriv", "--no-new-privs");
        await using var filtered = await StartedAsync("setpriv", "--no-new-privs", "python3", "-c", """
            import ctypes, os, struct, sys
            allow = ctypes.create_string_buffer(struct.pack("HBBI", 6, 0, 0, 0x7fff0000))
            program = ctypes.create_string_buffer(struct.pack("HxxxxxxP", 1, ctypes.addressof(allow)))
            assert ctypes.CDLL(None).prctl(22, 2, ctypes.c_void_p(ctypes.addressof(program)), 0, 0) == 0
            os.execvp(sys.argv[1], sys.argv[1:])
            """);

        Assert.Null(plain.Facts.Difference(plain.Facts));
        Assert.Equal("Seccomp", plain.Facts.Difference(filtered.Facts));
    }

    // No kernel of the tests has a module with labels, so the files of a process are copied, and one of them is changed as such a kernel would.
    [Theory]
    [InlineData("attr/current", "unconfined\n", null)]
    [InlineData("attr/current", "sandboxed (enforce)\n", "label")]
    [InlineData("attr/current", "system_u:system_r:container_t:s0:c1,c2\0", "label")]
    [InlineData("attr/current", null, "label")]
    [InlineData("oom_score_adj", "5\n", "oom_score_adj")]
    public void A_label_of_its_own_is_seen(string file, string? content, string? difference)
    {
        using var proc = new TemporaryDirectory();
        foreach (var process in new[] { "1", "2" })
        {
            CopyOfSelf($"{proc.Path}/{process}");
            File.WriteAllText($"{proc.Path}/{process}/attr/current", "unconfined\n");
        }

        var changed = $"{proc.Path}/2/{file}";
        File.Delete(changed);
        if (content is not null)
        {
            File.WriteAllText(changed, content);
        }

        Assert.Equal(difference, CallerFacts.Read("1", proc.Path).Difference(CallerFacts.Read("2", proc.Path)));
    }

    [Fact]
    public void A_process_that_is_not_there_cannot_be_read() => Assert.ThrowsAny<IOException>(static () => CallerFacts.Read("4194305"));

    [Theory]
    [InlineData("0::/a", "0::/a", null)]
    [InlineData("0::/a/b", "0::/a", "control groups")]
    [InlineData("1:memory:/x", "0::/a", "control groups")]
    public void Control_groups_that_cannot_be_looked_at_are_a_limit(string caller, string server, string? limit) =>
        Assert.Equal(limit, new CallerCgroups("").Limit(caller, server));

    [Theory]
    [InlineData("job/memory.max", "max", null)]
    [InlineData("job/memory.max", "1048576", "control group /job: memory.max")]
    [InlineData("job/cpu.max", "max 100000", null)]
    [InlineData("job/cpu.max", "50000 100000", "control group /job: cpu.max")]
    [InlineData("job/io.max", "8:0 rbps=1", "control group /job: io.max")]
    [InlineData("server/memory.max", "1048576", null)]
    [InlineData("memory.max", "1048576", null)]
    public void A_limit_above_the_caller_and_not_above_the_server_is_found(string file, string value, string? limit)
    {
        var directory = Directory.CreateTempSubdirectory();
        try
        {
            directory.CreateSubdirectory("job/part");
            directory.CreateSubdirectory("server");
            File.WriteAllText(Path.Combine(directory.FullName, file), value + "\n");

            Assert.Equal(limit, new CallerCgroups($"1 2 0:3 / {directory.FullName} rw - cgroup2 none rw").Limit("0::/job/part\n", "0::/server\n"));
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    // Of version 1 each controller may have a tree of its own.
    [Theory]
    [InlineData("memory", "memory.limit_in_bytes", "9223372036854771712", null)]
    [InlineData("memory", "memory.limit_in_bytes", "104857600", "control group /job: memory.limit_in_bytes")]
    [InlineData("memory", "memory.kmem.tcp.limit_in_bytes", "4096", "control group /job: memory.kmem.tcp.limit_in_bytes")]
    [InlineData("pids", "pids.max", "max", null)]
    [InlineData("pids", "pids.max", "100", "control group /job: pids.max")]
    [InlineData("cpu,cpuacct", "cpu.cfs_quota_us", "-1", null)]
    [InlineData("cpu,cpuacct", "cpu.cfs_quota_us", "50000", "control group /job: cpu.cfs_quota_us")]
    [InlineData("blkio", "blkio.throttle.read_bps_device", "", null)]
    [InlineData("blkio", "blkio.throttle.read_bps_device", "8:0 1048576", "control group /job: blkio.throttle.read_bps_device")]
    [InlineData("name=systemd", "pids.max", "100", null)]
    public void So_is_one_of_version_1(string controllers, string file, string value, string? limit)
    {
        using var directory = new TemporaryDirectory();
        Directory.CreateDirectory(directory.Path + "/job/part");
        File.WriteAllText($"{directory.Path}/job/{file}", value + "\n");

        Assert.Equal(limit, new CallerCgroups($"1 2 0:3 / {directory.Path} rw - cgroup none rw,{controllers}").Limit($"4:{controllers}:/job/part\n", $"4:{controllers}:/server\n"));
    }

    private static async Task<bool> Starts(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return process.ExitCode == 0;
    }

    private static async Task<string?> DifferenceAsync(params string[] wrapper)
    {
        await using var started = await StartedAsync(wrapper);
        return CallerFacts.Read("self").Difference(started.Facts);
    }

    // The wrapper executes the shell, so that the process keeps its number.
    private static async Task<StartedProcess> StartedAsync(params string[] wrapper)
    {
        var process = Process.Start(new ProcessStartInfo(wrapper[0], [.. wrapper[1..], "sh", "-c", "echo; read end"]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);
        return new(process, CallerFacts.Read(process.Id.ToString(CultureInfo.InvariantCulture)));
    }

    private static void CopyOfSelf(string directory)
    {
        Directory.CreateDirectory(directory + "/ns");
        Directory.CreateDirectory(directory + "/attr");
        foreach (var file in new[] { "environ", "cgroup", "oom_score_adj", "status", "stat", "limits" })
        {
            File.WriteAllBytes($"{directory}/{file}", File.ReadAllBytes("/proc/self/" + file));
        }

        foreach (var link in Directory.GetFiles("/proc/self/ns"))
        {
            File.CreateSymbolicLink($"{directory}/ns/{Path.GetFileName(link)}", new FileInfo(link).LinkTarget!);
        }

        File.CreateSymbolicLink(directory + "/root", "/");
    }

    private sealed record StartedProcess(Process Process, CallerFacts Facts) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            Process.StandardInput.Close();
            await Process.WaitForExitAsync(TestContext.Current.CancellationToken);
            Process.Dispose();
        }
    }
}
