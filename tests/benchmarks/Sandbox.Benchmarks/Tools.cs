using System.Diagnostics;
using System.Globalization;
using Sandbox.Planning;

namespace Sandbox.Benchmarks;

/// <summary>The command lines of the tools we are compared with, written from our own plan.</summary>
internal static class Tools
{
    private const int FilterDescriptor = 10;
    private const int FirstFileDescriptor = 11;

    /// <summary>The program without any sandbox.</summary>
    public static IReadOnlyList<string> Bare(Bench bench) =>
        [bench.Path("measure"), CommandContender.CountWord, bench.Path("noop")];

    public static IReadOnlyList<string> Floor(Bench bench) =>
        [bench.Path("floor"), CommandContender.CountWord, bench.Path("plan.bin")];

    public static IReadOnlyList<string> Exec(Bench bench) =>
        [bench.Path("measure"), CommandContender.CountWord, bench.Sandbox, "exec", bench.Path("job.json")];

    /// <summary>The same in a box of isolate's, which is made here.</summary>
    public static IReadOnlyList<string> Isolate(Bench bench)
    {
        Environment.SetEnvironmentVariable("SANDBOX_ISOLATE", bench.Path("boxes"));
        using var init = Process.Start(new ProcessStartInfo(bench.Sandbox, ["isolate", "--init"]) { RedirectStandardOutput = true })!;
        init.WaitForExit();
        return [bench.Path("measure"), CommandContender.CountWord, bench.Sandbox, "isolate", "-s", "-w60", $"--dir=bench={bench.Directory}", "--run", "--", "/bench/noop"];
    }

    /// <summary>bubblewrap with the plan's mounts, files, filter and ids.</summary>
    public static IReadOnlyList<string> Bubblewrap(Bench bench)
    {
        var files = new List<string> { $"{FilterDescriptor}<{bench.Path("filter.bpf")}" };
        var options = new List<string>
        {
            "bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--clearenv",
            "--uid", "1000", "--gid", "1000", "--hostname", "sandbox",
            "--seccomp", FilterDescriptor.ToString(CultureInfo.InvariantCulture),
        };
        foreach (var step in bench.Plan.Steps)
        {
            AddMount(bench, step.Fields, options, files);
        }

        options.AddRange(["--remount-ro", "/", "--chdir", "/work", .. bench.Noop.Command]);
        return [bench.Path("measure"), CommandContender.CountWord, .. files, .. options];
    }

    private static void AddMount(Bench bench, StepFields step, List<string> options, List<string> files)
    {
        switch (step.Kind)
        {
            case StepKind.Bind:
                options.AddRange([step.Flags.HasFlag(StepFlags.ReadOnly) ? "--ro-bind" : "--bind", step.A, step.B]);
                break;
            case StepKind.Directory or StepKind.Tmpfs:
                options.AddRange(["--tmpfs", step.B]);
                break;
            case StepKind.Symlink:
                options.AddRange(["--symlink", step.A, step.B]);
                break;
            case StepKind.Devices:
                options.AddRange(["--dev", "/dev"]);
                break;
            case StepKind.Proc:
                options.AddRange(["--proc", "/proc"]);
                break;
            case StepKind.File:
                AddFile(bench, step, options, files);
                break;
        }
    }

    private static void AddFile(Bench bench, StepFields step, List<string> options, List<string> files)
    {
        var descriptor = FirstFileDescriptor + files.Count;
        var source = bench.Path($"file{descriptor}");
        File.WriteAllBytes(source, step.Blob.ToArray());
        files.Add($"{descriptor}<{source}");
        options.AddRange(["--file", descriptor.ToString(CultureInfo.InvariantCulture), step.B]);
    }
}
