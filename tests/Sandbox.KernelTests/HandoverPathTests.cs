using Xunit;

namespace Sandbox.KernelTests;

/// <summary>Paths that lead each process elsewhere, in jobs of `sandbox exec` with a running server.</summary>
public sealed class HandoverPathTests : KernelTest
{
    // What the kernel makes of who looks (proc(5)): by the same name the server has its own descriptors, directory and terminal.
    [KernelFact]
    public async Task What_is_another_file_for_each_process_is_the_commands()
    {
        await using var host = await ServedHost.StartAsync(Directory, Cancellation);
        File.WriteAllText(Directory + "/given", "given\n");
        File.CreateSymbolicLink(Directory + "/fifth", "/proc/self/fd/5");
        string[] jobs =
        [
            """{ "command": ["echo", "out"], "stdout": { "to": "/dev/stdout" } }""",
            """{ "command": ["echo", "out"], "stdout": { "to": "/dev/fd/1" } }""",
            """{ "command": ["echo", "out"], "stdout": { "to": "/proc/self/fd/4" } }""",
            """{ "command": ["echo", "out"], "stdout": { "to": "/proc/thread-self/fd/4" } }""",
            """{ "command": ["echo", "out"], "stdout": { "to": "/proc/self/cwd/written" } }""",
            """{ "command": ["echo", "out"], "stdout": { "to": "no-such/../../../proc/self/cwd/written" } }""",
            """{ "command": ["echo", "out"], "stdout": { "to": "/dev/tty" } }""",
            """{ "command": ["sh", "-c", "echo error >&2"], "stderr": { "to": "/dev/stderr" } }""",
            """{ "command": ["touch", "/work/o"], "outputs": [{ "path": "/work/o", "to": "/proc/self/cwd/written" }] }""",
            """{ "command": ["sh", "-c", "echo out >/work/o"], "outputs": [{ "path": "/work/o", "to": "/dev/fd/4" }] }""",
            """{ "command": ["cat"], "stdin": { "from": "/dev/stdin" } }""",
            """{ "command": ["cat"], "stdin": { "from": "/dev/fd/5" } }""",
            """{ "command": ["cat"], "stdin": { "from": "fifth" } }""",
            """{ "command": ["cat"], "stdin": { "from": "/proc/self/comm" } }""",
            """{ "command": ["cat", "/work/in"], "files": { "/work/in": { "from": "/proc/self/cwd/given" } } }""",
            """{ "command": ["cat", "/work/in"], "files": { "/work/in": { "from": "/proc/self/fd/5" } } }""",
            """{ "command": ["cat", "/d/given"], "mounts": [{ "type": "bind", "source": "/proc/self/cwd", "target": "/d" }] }""",
            """{ "command": ["/true"], "rootfs": { "directory": "/proc/self/cwd" } }""",
        ];
        foreach (var job in jobs)
        {
            File.WriteAllText(Directory + "/job.json", job);
            var (alone, served) = (await OwnAsync("none"), await OwnAsync(host.Socket));

            Assert.Equal((job, alone.ExitStatus, alone.Stdout, alone.Stderr), (job, served.ExitStatus, served.Stdout, served.Stderr));
        }

        File.WriteAllText(Directory + "/job.json", """{ "command": ["true"] }""");
        foreach (var file in (string[])["/dev/stdout", "/dev/fd/1", "/dev/fd/4", "/proc/self/fd/4", "/proc/self/cwd/written", "fifth", "/dev/tty", "/dev/null"])
        {
            var (alone, served) = (await OwnAsync("none", file), await OwnAsync(host.Socket, file));

            Assert.Equal((file, alone.ExitStatus, alone.Stdout.Count('\n'), alone.Stderr), (file, served.ExitStatus, served.Stdout.Count('\n'), served.Stderr));
        }

        Assert.DoesNotContain("out\n", host.Said, StringComparison.Ordinal);
    }

    // Descriptor 4 is a file that is printed at the end, with what else was written; what of the result may not differ, too.
    private Task<CommandRun> OwnAsync(string server, string result = "r") => CommandRun.ShellInAsync(Directory, $"""
        : >four; exec 4>four 5<given
        echo typed | "$SANDBOX" exec --server {server} --result {result} job.json; status=$?; exec 4>&- 5<&-
        for file in four written; do test ! -e $file || wc -l $file; done; test ! -e written || cat written
        test ! -e r || grep -o '"verdict":"[^"]*"\|"text":"[^"]*"' r; rm -f r four written
        exit $status
        """, Cancellation);
}
