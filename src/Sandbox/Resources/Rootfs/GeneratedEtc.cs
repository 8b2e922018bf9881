using System.Text;
using Sandbox.Planning;
using Sandbox.Planning.Steps;

namespace Sandbox.Resources.Rootfs;

/// <summary>The files of /etc that name users and hosts, made for the job: the host's would tell it who else is there.</summary>
internal static class GeneratedEtc
{
    public static void AddTo(List<PlanStep> steps, JobSpec spec, string origin)
    {
        Add(steps, "/etc/passwd", Passwd(spec.User), origin);
        Add(steps, "/etc/group", Group(spec.User), origin);
        Add(steps, "/etc/hosts", $"127.0.0.1\tlocalhost {spec.Hostname}\n::1\tlocalhost {spec.Hostname}\n", origin);
        Add(steps, "/etc/hostname", spec.Hostname + "\n", origin);
        Add(steps, "/etc/nsswitch.conf", "passwd: files\ngroup: files\nshadow: files\nhosts: files dns\nprotocols: files\nservices: files\n", origin);
        if (spec.Network != NetworkMode.Host)
        {
            Add(steps, "/etc/resolv.conf", "# this job has no name server\n", origin);
        }
    }

    private static void Add(List<PlanStep> steps, string target, string text, string origin) =>
        steps.Add(new FileStep(target, origin) { Content = Encoding.UTF8.GetBytes(text) });

    // The home agrees with the default of HOME; 65534 is what the kernel shows for every id without a name inside.
    private static string Passwd(JobUser user) =>
        (user.Uid == 0 ? $"root:x:0:{user.Gid}:root:/work:/bin/sh\n" : "root:x:0:0:root:/root:/bin/sh\n") +
        (user.Uid == 0 ? "" : $"job:x:{user.Uid}:{user.Gid}:job:/work:/bin/sh\n") +
        "nobody:x:65534:65534:nobody:/nonexistent:/bin/false\n";

    private static string Group(JobUser user) =>
        "root:x:0:\n" + (user.Gid == 0 ? "" : $"job:x:{user.Gid}:\n") + "nogroup:x:65534:\n";
}
