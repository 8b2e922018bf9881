using Sandbox.Host;
using Sandbox.Interop;
using Sandbox.Resources.Cores;

namespace Sandbox.Tests.Cores;

/// <summary>A directory with the sysfs of a machine whose cores are told, each as a list of its hardware threads.</summary>
internal sealed class FakeCpus : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public FakeCpus(string online, params string[] cores)
    {
        Root = _directory.Path;
        Write("online", online);
        foreach (var core in cores)
        {
            foreach (var number in Set(core).Numbers)
            {
                Write($"cpu{number}/topology/core_cpus_list", core);
            }
        }
    }

    public string Root { get; }

    public static CpuSet Set(string list) => CpuSet.TryParse(list, out var set, out var problem) ? set : throw new FormatException(problem);

    public CpuTopology Topology(string usable) => CpuTopology.Read(new HostFiles(Root), Set(usable));

    public CoreLeases Leases(string pool) => new(Set(pool), Topology(pool), Root);

    public void Remove(int cpu) => System.IO.Directory.Delete($"{Root}{CpuTopology.Directory}/cpu{cpu}", recursive: true);

    public void Dispose() => _directory.Dispose();

    private void Write(string name, string text) => _directory.Write($"{CpuTopology.Directory}/{name}", text + "\n");
}
