namespace Sandbox.Benchmarks;

/// <summary>One way in which this host can hold limits, and a runner that uses it.</summary>
/// <remarks>
/// BENCH_CGROUPS names groups that the user may use, as values of <see cref="SandboxOptions.Cgroup"/> parted by semicolons;
/// without it there is what the sandbox finds by itself.
/// </remarks>
internal sealed class Mechanism : IDisposable
{
    private const string Variable = "BENCH_CGROUPS";

    private Mechanism(string name, SandboxRunner runner, IReadOnlyList<string> directories) => (Name, Runner, Directories) = (name, runner, directories);

    /// <summary>What counts CPU time, and what holds memory.</summary>
    public string Name { get; }

    public SandboxRunner Runner { get; }

    /// <summary>Control groups of the user in which the benchmark may make its own; none where they were not named.</summary>
    public IReadOnlyList<string> Directories { get; }

    /// <summary>All of this host; what does not work here is a problem.</summary>
    public static IReadOnlyList<Mechanism> FindAll(Bench bench, List<string> problems)
    {
        var found = new List<Mechanism>();
        var named = Environment.GetEnvironmentVariable(Variable)?.Split(';', StringSplitOptions.RemoveEmptyEntries);
        string?[] settings = named is null ? ["none", null] : ["none", .. named];
        foreach (var setting in settings)
        {
            try
            {
                var mechanism = Open(bench, setting);
                if (found.Exists(other => other.Name == mechanism.Name))
                {
                    mechanism.Dispose();
                }
                else
                {
                    found.Add(mechanism);
                }
            }
            catch (Exception failure) when (failure is InvalidOperationException or SandboxException)
            {
                problems.Add($"control groups {setting ?? "of this host"}: {failure.Message}");
            }
        }

        return found;
    }

    public void Dispose() => Runner.Dispose();

    // Not what was asked for, but what a job says that held it.
    private static Mechanism Open(Bench bench, string? setting)
    {
        var runner = new SandboxRunner(new SandboxOptions { Cgroup = setting });
        try
        {
            var job = bench.Job(["noop"], new ResourceLimits { CpuTime = TimeSpan.FromSeconds(1) });
            var result = runner.RunAsync(job, CancellationToken.None).GetAwaiter().GetResult();
            WarmContender.Expect(result);
            var name = $"{result.Enforcement["cpuTime"].By.Word()}/{result.Enforcement["memory"].By.Word()}";
            var directories = setting ?? Environment.GetEnvironmentVariable("SANDBOX_CGROUP");
            return new Mechanism(name, runner, directories?.Split(':').Where(Directory.Exists).ToList() ?? []);
        }
        catch
        {
            runner.Dispose();
            throw;
        }
    }
}
