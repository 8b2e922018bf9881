using Sandbox.Host;

namespace Sandbox.Jobs;

/// <summary>Checks what a job may do beyond what every job may: capabilities, ids, devices.</summary>
internal static class PrivilegeRules
{
    private static readonly string[] s_present = ["null", "zero", "full", "random", "urandom", "tty", "ptmx", "pts", "shm", "fd", "stdin", "stdout", "stderr"];

    public static void Check(JobSpec spec, ProblemList problems)
    {
        if (!CapabilityNames.IsGranted(spec.Capabilities))
        {
            problems.Add("/capabilities", CapabilityNames.Problem);
        }

        if (spec.Devices is null)
        {
            problems.Add("/devices", "must not be null");
            return;
        }

        for (var index = 0; index < spec.Devices.Count; index++)
        {
            CheckDevice(spec.Devices[index], $"/devices/{index}", problems);
        }

        if (spec.SubIds)
        {
            if (spec.Network is JoinedNetwork or ContainerNetwork)
            {
                // newuidmap(1) maps for children of the caller's user namespace only, and this job's is below that of the network's holder.
                problems.Add("/subids", "cannot be had in a network of jobs: the ids of a job there are those that the network's holder has");
            }

            if (spec.Mounts?.Any(static mount => mount is VolumeMount { ReadOnly: false }) == true)
            {
                problems.Add("/subids", "cannot be had with a volume that the job may write to: what its other ids left there, no other job could change, and nobody remove");
            }

            CheckIds(spec, problems);
        }
    }

    private static void CheckDevice(string? path, string pointer, ProblemList problems)
    {
        const string directory = "/dev/";
        if (!PathRules.CheckInside(path, pointer, problems))
        {
            return;
        }

        if (!path!.StartsWith(directory, StringComparison.Ordinal))
        {
            problems.Add(pointer, "must be the path of a device below /dev");
        }
        else if (path[directory.Length..].Split('/') is [var first, ..] && Array.IndexOf(s_present, first) >= 0)
        {
            problems.Add(pointer, $"the job has a /dev/{first} of its own");
        }
    }

    private static void CheckIds(JobSpec spec, ProblemList problems)
    {
        if (spec.Ids.Uid > SubordinateIds.Most)
        {
            problems.Add("/user/uid", "must not be above 65535 with \"subids\"");
        }

        if (spec.Ids.Gid > SubordinateIds.Most)
        {
            problems.Add("/user/gid", "must not be above 65535 with \"subids\"");
        }
    }
}
