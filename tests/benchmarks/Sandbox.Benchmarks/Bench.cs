using Sandbox.Jobs;
using Sandbox.Planning;
using Sandbox.Policies;
using Sandbox.Resources;

namespace Sandbox.Benchmarks;

/// <summary>The job everybody runs and the files that describe it to the others.</summary>
internal sealed class Bench
{
    private const string DirectoryInside = "/bench";

    public Bench(string directory, string sandbox)
    {
        Directory = directory;
        Sandbox = sandbox;
        Noop = Job(["noop"], new ResourceLimits());
        var policy = PolicyStore.Load(Noop);
        Plan = JobResources.Compile(JobValidator.Validate(Noop), policy, PlanContext.OfThisProcess(null));
        File.WriteAllBytes(Path("plan.bin"), PlanWriter.Write(Plan));
        File.WriteAllBytes(Path("filter.bpf"), policy.Program.ToArray());
        File.WriteAllText(Path("job.json"), $$"""
            {
              "command": ["{{DirectoryInside}}/noop"],
              "mounts": [ { "type": "bind", "source": "{{directory}}", "target": "{{DirectoryInside}}" } ]
            }
            """);
    }

    /// <summary>Where the programs are and generated files go.</summary>
    public string Directory { get; }

    /// <summary>The command under test.</summary>
    public string Sandbox { get; }

    /// <summary>The default job around the no-op program.</summary>
    public JobSpec Noop { get; }

    /// <summary>What the default job asks of the kernel: the others are given the same.</summary>
    public SandboxPlan Plan { get; }

    public string Path(string name) => System.IO.Path.Combine(Directory, name);

    /// <summary>A job around another program of the directory.</summary>
    public JobSpec Job(string[] command, ResourceLimits limits) => new()
    {
        Command = [$"{DirectoryInside}/{command[0]}", .. command.Skip(1)],
        Mounts = [new BindMount { Source = Directory, Target = DirectoryInside }],
        Limits = limits,
    };
}
