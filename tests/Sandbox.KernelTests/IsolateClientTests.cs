using System.Diagnostics;
using System.Globalization;
using Xunit;

namespace Sandbox.KernelTests;

/// <summary>What three clients of isolate do, in their order and with their options.</summary>
public sealed class IsolateClientTests : KernelTest
{
    // A judge that takes the right to write away from its folder and opens the files that the program may write.
    [KernelFact(tool: "gcc")]
    public async Task A_contest_system_compiles_and_evaluates()
    {
        var box = await IsolateBox.MakeAsync(Directory, Cancellation, 65000, "--cg");
        var home = System.IO.Directory.CreateDirectory(Directory + "/outer/home").FullName;
        File.SetUnixFileMode(home, (UnixFileMode)0b111_111_111);
        await File.WriteAllTextAsync(home + "/sum.c", "#include <stdio.h>\nint main(void) { int a, b; if (scanf(\"%d %d\", &a, &b) == 2) printf(\"%d\\n\", a + b); return 0; }\n", Cancellation);
        string[] common = [$"--dir=/tmp={home}:rw", "--chdir=/tmp", "--env=HOME=./", "--env=PATH=/usr/bin:/bin", "--full-env", "--verbose", "--verbose"];

        var compiled = await box.RunAsync([.. common, "--dir=/etc", "--stdout=compiler_stdout.txt", "--stderr=compiler_stderr.txt", "--time=10.0", "--wall-time=21.0", "--processes=1000", "--cg-mem=524288", "--run", "--",
            "/usr/bin/gcc", "-O2", "-o", "sum", "sum.c"]);
        Assert.True(compiled.ExitStatus == 0 && box.Meta["exitcode"] == "0", compiled.ToString());

        await File.WriteAllTextAsync(home + "/input.txt", "20 22\n", Cancellation);
        foreach (var file in new[] { home, home + "/sum", home + "/sum.c", home + "/input.txt" })
        {
            Chmod("755", file);
        }

        foreach (var file in new[] { home + "/stdout.txt", home + "/stderr.txt" })
        {
            await File.WriteAllTextAsync(file, "", Cancellation);
            Chmod("722", file);
        }

        var evaluated = await box.RunAsync([.. common, "--stdin=/tmp/input.txt", "--stdout=/tmp/stdout.txt", "--stderr=/tmp/stderr.txt", "--time=1.0", "--extra-time=0.5", "--wall-time=3", "--fsize=1048576", "--cg-mem=262144",
            "--run", "--", "./sum"]);

        Assert.True(evaluated.ExitStatus == 0, evaluated.ToString());
        Assert.Equal("42\n", await File.ReadAllTextAsync(home + "/stdout.txt", Cancellation));
        Assert.True(box.Meta.ContainsKey("cg-mem") && !box.Meta.ContainsKey("status"));
        Assert.Equal(0, (await box.CallAsync("--cleanup")).ExitStatus);
    }

    [KernelFact(tool: "bash")]
    public async Task A_worker_runs_submissions_by_scripts_in_the_box()
    {
        var box = await IsolateBox.MakeAsync(Directory, Cancellation, 2_000_000_001, "--cg");
        var meta = box.Folder + "/metadata.txt";
        await File.WriteAllTextAsync(box.Folder + "/stdin.txt", "world", Cancellation);
        await File.WriteAllTextAsync(box.Work + "/script.sh", "read -r name; echo hello $name; echo err >&2\n", Cancellation);
        await File.WriteAllTextAsync(box.Work + "/run.sh", "/bin/bash script.sh\n", Cancellation);
        string[] line = ["/usr/bin/env", .. box.Line("-s", "-M", meta, "-t", "5", "-x", "1", "-w", "10", "-k", "64000", "-p60", "--cg-timing", "--cg-mem=128000", "-f", "1024", "-E", "HOME=/tmp", "-E", "PATH=/usr/bin:/bin",
            "-E", "LANG", "-d", "/etc:noexec", "--run", "--", "/bin/bash", "run.sh")];

        // Its files next to the box are opened outside, by the shell that starts isolate.
        var run = await CommandRun.StartAsync("/bin/sh", "", Cancellation, ["-c", $"\"$@\" < {box.Folder}/stdin.txt > {box.Folder}/stdout.txt 2> {box.Folder}/stderr.txt", "sh", .. line]);

        Assert.True(run.ExitStatus == 0, await File.ReadAllTextAsync(box.Folder + "/stderr.txt", Cancellation));
        Assert.Equal("hello world\n", await File.ReadAllTextAsync(box.Folder + "/stdout.txt", Cancellation));
        Assert.Equal("err\n", await File.ReadAllTextAsync(box.Folder + "/stderr.txt", Cancellation));
        Assert.Contains("exitcode:0", await File.ReadAllLinesAsync(meta, Cancellation));
        Assert.Equal(0, (await box.CallAsync("--cleanup")).ExitStatus);
        Assert.False(System.IO.Directory.Exists(box.Folder));
    }

    [KernelFact(tool: "bash")]
    public async Task An_execution_engine_moves_a_folder_from_box_to_box_and_aborts_what_prints_too_much()
    {
        var (first, second) = (await IsolateBox.MakeAsync(Directory, Cancellation, 11, "--cg"), await IsolateBox.MakeAsync(Directory, Cancellation, 12, "--cg"));
        var package = System.IO.Directory.CreateDirectory(Directory + "/packages/bash").FullName;
        await File.WriteAllTextAsync(package + "/run", "#!/bin/bash\ncd submission && exec bash \"$@\"\n", Cancellation);
        Chmod("755", package + "/run");
        Chmod("755", package);
        System.IO.Directory.CreateDirectory(first.Work + "/submission");
        await File.WriteAllTextAsync(first.Work + "/submission/main", "echo made > made; echo $1\n", Cancellation);
        string[] common = ["-s", "-c", "/box/submission", "-E", "HOME=/tmp", $"--dir={package}", "--dir=/etc:noexec", "--processes=64", "--open-files=2048", "--fsize=10000", "--wall-time=10", "--time=10", "--extra-time=0", "--cg-mem=256000"];

        var run = await first.RunAsync([.. common[..2], "/box", .. common[3..], "--run", "--", "/bin/bash", $"{package}/run", "main", "argument"]);
        Assert.True(run is { ExitStatus: 0, Stdout: "argument\n" }, run.ToString());

        System.IO.Directory.Move(first.Work + "/submission", second.Work + "/submission");
        run = await second.RunAsync([.. common, "--run", "--", "/bin/bash", "-c", "cat made"]);
        Assert.True(run is { ExitStatus: 0, Stdout: "made\n" }, run.ToString());

        using var loud = Process.Start(new ProcessStartInfo("/usr/bin/env", second.Line([.. common, $"--meta={Directory}/meta-12", "--run", "--", "/usr/bin/yes"])) { RedirectStandardOutput = true })!;
        var buffer = new char[100_000];
        await loud.StandardOutput.ReadBlockAsync(buffer, Cancellation);
        while (!loud.HasExited)
        {
            using var abort = Process.Start("/bin/kill", ["-ABRT", loud.Id.ToString(CultureInfo.InvariantCulture)]);
            await loud.StandardOutput.ReadAsync(buffer, Cancellation);
            await abort.WaitForExitAsync(Cancellation);
        }

        second.Read();
        Assert.Equal((2, "XX", "1"), (loud.ExitCode, second.Said.Status, second.Meta["killed"]));
        Assert.True(second.Meta.ContainsKey("cg-mem") && second.Meta.ContainsKey("time") && second.Meta.ContainsKey("message"));
    }

    private static void Chmod(string mode, string path) => File.SetUnixFileMode(path, (UnixFileMode)Convert.ToInt32(mode, 8));
}
