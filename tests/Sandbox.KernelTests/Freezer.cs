using System.Globalization;

namespace Sandbox.KernelTests;

/// <summary>A control group whose processes do not run and so do not die (freezer of version 1): what a broken device does to them.</summary>
internal sealed class Freezer : IDisposable
{
    private const string Root = "/sys/fs/cgroup/freezer";

    private readonly string _directory = Directory.CreateDirectory($"{Root}/sandbox-test-{Guid.NewGuid():N}").FullName;

    /// <summary>There is one, and this user may make groups in it.</summary>
    public static bool IsThere => Requirements.IsRoot && File.Exists($"{Root}/cgroup.procs");

    /// <summary>They stand still from now on.</summary>
    public void Freeze(IEnumerable<int> processes)
    {
        foreach (var pid in processes)
        {
            Write("cgroup.procs", pid.ToString(CultureInfo.InvariantCulture));
        }

        Write("freezer.state", "FROZEN");
    }

    /// <summary>They go on, and with SIGKILL pending they end; then the group goes.</summary>
    public void Dispose()
    {
        Write("freezer.state", "THAWED");
        for (var tried = 0; tried < 200 && File.ReadAllText($"{_directory}/cgroup.procs").Length > 0; tried++)
        {
            Thread.Sleep(20);
        }

        Directory.Delete(_directory);
    }

    private void Write(string file, string text) => File.WriteAllText($"{_directory}/{file}", text);
}
