using System.Globalization;
using Sandbox.Text;

namespace Sandbox.Jobs;

/// <summary>Checks what a job asks for of its system: names, resolver, settings of the kernel, and soft limits.</summary>
internal static class SystemRules
{
    private const int MostHosts = 256;
    private const int MostServers = 3; // resolv.conf(5), MAXNS
    private const int MostSearch = 6;
    private const int MostOptions = 16;

    // Of getrlimit(2), by their names in ulimit. At a soft limit of cpu and fsize the kernel sends a signal whose meaning the verdict would have to guess,
    // and cores are never written.
    private static readonly string[] s_rlimits = ["nofile", "nproc", "stack", "as", "data", "memlock", "msgqueue", "sigpending"];

    /// <summary>The names that <c>rlimits</c> takes.</summary>
    public static IReadOnlyList<string> Rlimits => s_rlimits;

    /// <summary>Notes every problem.</summary>
    public static void Check(JobSpec spec, ProblemList problems)
    {
        if (spec.Domainname is { } domain && IdentityRules.HostnameProblem(domain) is { } domainProblem)
        {
            problems.Add("/domainname", domainProblem);
        }

        if (spec.OomScoreAdj is < 0 or > JobSpec.UsualOomScoreAdj)
        {
            problems.Add("/oomScoreAdj", "must be from 0 to 1000: a job is never less likely to be ended than programs of the host are");
        }

        CheckHosts(spec, problems);
        CheckDns(spec, problems);
        CheckSysctls(spec, problems);
        CheckRlimits(spec, problems);
    }

    private static void CheckHosts(JobSpec spec, ProblemList problems)
    {
        const string pointer = "/extraHosts";
        if (spec.ExtraHosts is not { } hosts)
        {
            problems.Add(pointer, "must not be null");
            return;
        }

        if (hosts.Count > MostHosts || (hosts.Count > 0 && spec.Rootfs is EmptyRootfs))
        {
            problems.Add(pointer, hosts.Count > MostHosts ? $"must not have more than {MostHosts} names" : "an empty root has no /etc/hosts: put one there with \"files\"");
        }

        foreach (var (name, address) in hosts)
        {
            if (IdentityRules.HostnameProblem(name, MostLetters) is { } problem)
            {
                problems.Add($"{pointer}/{JsonPointer.Escape(name)}", "the name " + problem);
            }
            else if (!PortMapping.IsAddress(address))
            {
                problems.Add($"{pointer}/{name}", address == "host-gateway" ? "there is no gateway: with \"egress\" a job reaches the host as host.sandbox.internal, if that is listed" : "must be an address, such as 10.0.0.5");
            }
        }
    }

    // RFC 1035, section 2.3.4.
    private const int MostLetters = 253;

    private static void CheckDns(JobSpec spec, ProblemList problems)
    {
        if (spec.Dns is not { } dns)
        {
            return;
        }

        if (dns.Servers is null || dns.Search is null || dns.Options is null)
        {
            problems.Add("/dns", "must not have null members");
            return;
        }

        if (spec.Rootfs is EmptyRootfs)
        {
            problems.Add("/dns", "an empty root has no /etc/resolv.conf: put one there with \"files\"");
        }

        if (dns.Servers.Count > 0 && spec.Network is not HostNetwork)
        {
            problems.Add("/dns/servers", "in a network of its own a job has the sandbox's name server, and reaches no other");
        }

        if (dns.Servers.Count == 0 && spec.Network is HostNetwork)
        {
            problems.Add("/dns/servers", "with the host's network its /etc/resolv.conf is the job's: name the servers of another one");
        }

        CheckTexts(dns.Servers, MostServers, "/dns/servers", static server => PortMapping.IsAddress(server) ? null : "must be an address", problems);
        CheckTexts(dns.Search, MostSearch, "/dns/search", static domain => IdentityRules.HostnameProblem(domain, MostLetters), problems);
        CheckTexts(dns.Options, MostOptions, "/dns/options", static option => IdentityRules.HostnameProblem(option.Replace(':', '-')) is null ? null : "must be an option of resolv.conf(5), such as \"ndots:2\"", problems);
    }

    private static void CheckTexts(IReadOnlyList<string> texts, int most, string pointer, Func<string, string?> problemOf, ProblemList problems)
    {
        if (texts.Count > most)
        {
            problems.Add(pointer, $"must not have more than {most} entries");
        }

        for (var index = 0; index < texts.Count; index++)
        {
            if ((texts[index] is { } text ? problemOf(text) : "must not be null") is { } problem)
            {
                problems.Add($"{pointer}/{index}", problem);
            }
        }
    }

    private static void CheckSysctls(JobSpec spec, ProblemList problems)
    {
        if (spec.Sysctls is not { } sysctls)
        {
            problems.Add("/sysctls", "must not be null");
            return;
        }

        foreach (var (name, value) in sysctls)
        {
            if ((SysctlNames.Problem(name, spec.Network, spec.Ipc) ?? (value is null ? "must not be null" : SysctlNames.ValueProblem(value))) is { } problem)
            {
                problems.Add("/sysctls/" + JsonPointer.Escape(name), problem);
            }
        }
    }

    private static void CheckRlimits(JobSpec spec, ProblemList problems)
    {
        if (spec.Rlimits is not { } rlimits)
        {
            problems.Add("/rlimits", "must not be null");
            return;
        }

        foreach (var (name, range) in rlimits)
        {
            if (Problem(name, range) is { } problem)
            {
                problems.Add("/rlimits/" + JsonPointer.Escape(name), problem);
            }
        }
    }

    private static string? Problem(string name, RlimitRange? range)
    {
        if (Array.IndexOf(s_rlimits, name) < 0)
        {
            return name is "cpu" or "fsize" or "core"
                ? "has one value, which \"limits\" sets (a job never writes a core)"
                : $"must be one of {string.Join(", ", s_rlimits)}";
        }

        if (range is null || (range.Soft ?? range.Hard) is null)
        {
            return "must have \"soft\", \"hard\" or both";
        }

        if (range.Soft < 0 || range.Hard < 0)
        {
            return "must not be negative";
        }

        // With less no program starts, and why it did not would look like its own doing, or like ours.
        if (LimitTable.All.FirstOrDefault(limit => string.Equals(limit.Rlimit?.ToString(), name, StringComparison.OrdinalIgnoreCase)) is { } same && Math.Min(range.Soft ?? long.MaxValue, range.Hard ?? long.MaxValue) < same.Floor)
        {
            return string.Create(CultureInfo.InvariantCulture, $"must be at least {same.Floor}, as \"{same.Name}\" of \"limits\"");
        }

        return range.Soft > range.Hard ? string.Create(CultureInfo.InvariantCulture, $"the soft limit must not be above the hard one, {range.Hard}") : null;
    }
}
