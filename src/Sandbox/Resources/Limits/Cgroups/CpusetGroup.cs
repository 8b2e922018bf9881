using Sandbox.Interop;

namespace Sandbox.Resources.Limits.Cgroups;

/// <summary>The cpuset controller over one job: processors that no call of the job can leave (cgroup-v2.rst, "Cpuset").</summary>
internal sealed class CpusetGroup(CgroupFolder folder, bool isVersion2)
{
    /// <summary>The processors the job really has, read back; null where none were set.</summary>
    public CpuSet? Effective { get; private set; }

    /// <summary>Makes a group of version 1 fit to be joined: it has neither processors nor memory nodes until it is given some (cpuset(7)).</summary>
    public void Inherit(CgroupFolder parent)
    {
        if (isVersion2)
            return;

        folder.Set("cpuset.mems", parent.Read("cpuset.effective_mems") ?? "", "/cpuset");
        folder.Set("cpuset.cpus", parent.Read("cpuset.effective_cpus") ?? "", "/cpuset");
    }

    /// <summary>Sets the processors and reads back which of them there are.</summary>
    /// <exception cref="SandboxException">None of them is there.</exception>
    public void Limit(CpuSet? cpus)
    {
        if (cpus is null)
            return;

        folder.Set("cpuset.cpus", cpus.ToString(), "/cpuset");
        var text = folder.Read(isVersion2 ? "cpuset.cpus.effective" : "cpuset.effective_cpus") ?? "";
        Effective = CpuSet.TryParse(text, out var effective, out _) ? effective : null;
    }
}
