using System.Text;
using Sandbox.Planning;
using Sandbox.Planning.Steps;

namespace Sandbox.Resources.Roots;

/// <summary>The files of /etc that name users and hosts, made for the job: the host's would tell it who else is there.</summary>
internal static class GeneratedEtc
{
    // What the kernel shows for every id that is not mapped inside, too (user_namespaces(7)).
    private const uint Nobody = 65534;

    private const string HostConf = "/etc/host.conf";

    // Or the first line of /etc/hosts with the name is all of it (host.conf(5)), and localhost has no ::1.
    private const string AllAddresses = "multi on\n";

    // It answers that there is no such name: silence and refusals make programs wait and try again (native/launcher/lookups.c).
    private const string EgressNameServer = "# finds the names that this job may reach, and no others\nnameserver 127.0.0.1\n";

    private const string JoinedNameServer = "# finds the names of the other jobs of this network, and what this job may reach\nnameserver 127.0.0.1\n";

    private const string OwnNameServer = "# this job has no network, and no name is found\nnameserver 127.0.0.1\n";

    /// <summary>All of them, for a root that has no /etc of its own.</summary>
    public static void AddTo(List<PlanStep> steps, JobSpec spec, string origin)
    {
        Add(steps, "/etc/passwd", Passwd(spec.Ids), origin);
        Add(steps, "/etc/group", Group(spec.Ids), origin);
        AddHosts(steps, spec, origin);
        Add(steps, HostConf, AllAddresses, origin);
        Add(steps, "/etc/nsswitch.conf", "passwd: files\ngroup: files\nshadow: files\nhosts: files dns\nprotocols: files\nservices: files\n", origin);
        if (!HasHostsResolver(spec))
        {
            Add(steps, "/etc/resolv.conf", Resolver(spec), origin);
        }
    }

    /// <summary>For a root that names users itself: its names stay, and the job's ids get one where they have none.</summary>
    public static void AddTo(List<PlanStep> steps, JobSpec spec, RootLayers layers, string origin)
    {
        AddNames(steps, "/etc/passwd", layers.Read("/etc/passwd"), Passwd(spec.Ids), JobLine(spec.Ids), spec.Ids.Uid, origin);
        AddNames(steps, "/etc/group", layers.Read("/etc/group"), Group(spec.Ids), JobGroupLine(spec.Ids), spec.Ids.Gid, origin);
        AddHosts(steps, spec, origin);
        if (layers.Read(HostConf) is null)
        {
            Add(steps, HostConf, AllAddresses, origin);
        }

        if (HasHostsResolver(spec))
        {
            steps.Add(new BindStep("/etc/resolv.conf", "/etc/resolv.conf", origin) { Optional = true });
            return;
        }

        Add(steps, "/etc/resolv.conf", Resolver(spec), origin);
    }

    /// <summary>The host's /etc/resolv.conf is the job's: it has the host's network, and names no other.</summary>
    public static bool HasHostsResolver(JobSpec spec) => spec.Network is HostNetwork && spec.Dns is not { Servers.Count: > 0 };

    // resolv.conf(5).
    private static string Resolver(JobSpec spec)
    {
        var text = new StringBuilder(spec.Network switch
        {
            EgressNetwork => EgressNameServer,
            JoinedNetwork or ContainerNetwork => JoinedNameServer,
            HostNetwork => "",
            _ => OwnNameServer,
        });
        foreach (var server in spec.Dns?.Servers ?? [])
        {
            _ = text.Append("nameserver ").Append(server).Append('\n');
        }

        AppendList(text, "search", spec.Dns?.Search ?? []);
        AppendList(text, "options", spec.Dns?.Options ?? []);
        return text.ToString();
    }

    private static void AppendList(StringBuilder text, string word, IReadOnlyList<string> values)
    {
        if (values.Count > 0)
        {
            _ = text.Append(word).Append(' ').AppendJoin(' ', values).Append('\n');
        }
    }

    private static void AddHosts(List<PlanStep> steps, JobSpec spec, string origin)
    {
        Add(steps, "/etc/hosts", Hosts(spec) + string.Concat(spec.ExtraHosts.Select(static host => $"{host.Value}\t{host.Key}\n")), origin);
        Add(steps, "/etc/hostname", spec.Hostname + "\n", origin);
    }

    // In a network of jobs a job means itself as the others reach it.
    private static string Hosts(JobSpec spec) => (spec.Network is ContainerNetwork shared ? shared.Owner : spec.Network) is JoinedNetwork { Address: { } address } joined
        ? $"127.0.0.1\tlocalhost\n::1\tlocalhost\n{address}\t{spec.Hostname}{(joined.Name is { } name && name != spec.Hostname ? " " + name : "")}\n"
        : $"127.0.0.1\tlocalhost {spec.Hostname}\n::1\tlocalhost {spec.Hostname}\n";

    private static void AddNames(List<PlanStep> steps, string target, byte[]? present, string whole, string line, uint id, string origin)
    {
        if (present is null)
        {
            Add(steps, target, whole, origin);
            return;
        }

        if (HasId(present, id))
        {
            return;
        }

        var gap = present.Length > 0 && present[^1] != (byte)'\n' ? "\n" : "";
        steps.Add(new FileStep(target, origin) { Content = (byte[])[.. present, .. Encoding.UTF8.GetBytes(gap + line)] });
    }

    // The third field of passwd(5) as of group(5).
    private static bool HasId(ReadOnlySpan<byte> table, uint id)
    {
        foreach (var range in table.Split((byte)'\n'))
        {
            var fields = table[range].Split((byte)':');
            if (fields.MoveNext() && fields.MoveNext() && fields.MoveNext() &&
                uint.TryParse(table[range][fields.Current], out var found) && found == id)
            {
                return true;
            }
        }

        return false;
    }

    private static void Add(List<PlanStep> steps, string target, string text, string origin) =>
        steps.Add(new FileStep(target, origin) { Content = Encoding.UTF8.GetBytes(text) });

    private static string Passwd(JobUser user) =>
        (user.Uid == 0 ? JobLine(user) : "root:x:0:0:root:/root:/bin/sh\n" + JobLine(user)) +
        (user.Uid == Nobody ? "" : "nobody:x:65534:65534:nobody:/nonexistent:/bin/false\n");

    // The home agrees with the default of HOME.
    private static string JobLine(JobUser user)
    {
        var name = NameOf(user.Uid, "nobody");
        return $"{name}:x:{user.Uid}:{user.Gid}:{name}:/work:/bin/sh\n";
    }

    private static string Group(JobUser user) =>
        "root:x:0:\n" + (user.Gid is 0 or Nobody ? "" : JobGroupLine(user)) + "nogroup:x:65534:\n";

    private static string JobGroupLine(JobUser user) => $"{NameOf(user.Gid, "nogroup")}:x:{user.Gid}:\n";

    private static string NameOf(uint id, string nobody) => id switch
    {
        0 => "root",
        Nobody => nobody,
        _ => "job",
    };
}
