using System.Globalization;
using Xunit;

namespace Sandbox.KernelTests;

/// <summary>A box of isolate's, made, used and removed by commands of their own, with all boxes of the test in a directory of its own.</summary>
internal sealed class IsolateBox(string directory, CancellationToken cancellation, int number = 0, params string[] common)
{
    /// <summary>The folder that <c>--init</c> has printed.</summary>
    public string Folder { get; private set; } = "";

    /// <summary>The working folder in it.</summary>
    public string Work => Folder + "/box";

    /// <summary>The meta-file of the last run, by key.</summary>
    public Dictionary<string, string> Meta { get; } = [];

    private string MetaPath => Path.Combine(directory, $"meta-{number}");

    public static async Task<IsolateBox> MakeAsync(string directory, CancellationToken cancellation, int number = 0, params string[] common)
    {
        var box = new IsolateBox(directory, cancellation, number, common);
        var made = await box.CallAsync("--init");
        Assert.True(made.ExitStatus == 0, made.ToString());
        box.Folder = made.Stdout.Split('\n')[0].Trim();
        return box;
    }

    /// <summary>Runs a script of the shell in it.</summary>
    public Task<CommandRun> ShellAsync(string script, params string[] options) => RunAsync([.. options, "--run", "--", "/bin/sh", "-c", script]);

    /// <summary>Runs any command line, with a meta-file.</summary>
    public async Task<CommandRun> RunAsync(params string[] arguments)
    {
        var run = await CallAsync([$"--meta={MetaPath}", .. arguments]);
        Read();
        return run;
    }

    /// <summary>Any command line of this box.</summary>
    public Task<CommandRun> CallAsync(params string[] arguments) => CommandRun.StartAsync("/usr/bin/env", "", cancellation, [.. Line(arguments)]);

    /// <summary>The words after env(1).</summary>
    public IEnumerable<string> Line(params string[] arguments) =>
        [$"SANDBOX_ISOLATE={directory}/boxes", Probe.CommandLine, "isolate", .. common, "-b", number.ToString(CultureInfo.InvariantCulture), .. arguments];

    /// <summary>Reads the meta-file again.</summary>
    public void Read()
    {
        Meta.Clear();
        foreach (var line in File.Exists(MetaPath) ? File.ReadAllLines(MetaPath) : [])
        {
            var colon = line.IndexOf(':');
            Assert.True(colon > 0, line);
            Meta.Add(line[..colon], line[(colon + 1)..]);
        }
    }

    /// <summary>What a client looks at first.</summary>
    public (string? Status, string? Message) Said => (Meta.GetValueOrDefault("status"), Meta.GetValueOrDefault("message"));
}
