using System.Globalization;

namespace Sandbox.Cli.Run;

/// <summary>The options for names, the resolver and settings of the kernel, as the job finds them.</summary>
internal static class SystemOptions
{
    public static IReadOnlyList<RunOption> All { get; } =
    [
        new()
        {
            Name = "domainname",
            Value = "NAME",
            Help = "the NIS domain name that the job sees (default none)",
            Member = "/domainname",
            Apply = static (draft, value) =>
            {
                draft.Job = draft.Job with { Domainname = value };
                return null;
            },
        },
        new()
        {
            Name = "add-host",
            Value = "NAME:ADDRESS",
            Help = "a line of the job's /etc/hosts; may be repeated",
            Member = "/extraHosts",
            Apply = AddHost,
        },
        new()
        {
            Name = "dns",
            Value = "ADDRESS",
            Help = "a name server for a job with --network host; may be repeated",
            Member = "/dns",
            Apply = static (draft, value) => SetDns(draft, dns => dns with { Servers = [.. dns.Servers, value] }),
        },
        new()
        {
            Name = "dns-search",
            Value = "DOMAIN",
            Help = "a domain in which the job looks up names without dots; may be repeated",
            Member = "/dns",
            Apply = static (draft, value) => SetDns(draft, dns => dns with { Search = [.. dns.Search, value] }),
        },
        new()
        {
            Name = "dns-option",
            Alias = "dns-opt",
            Value = "OPTION",
            Help = "an option of the job's resolver (resolv.conf(5)), such as ndots:2; may be repeated",
            Member = "/dns",
            Apply = static (draft, value) => SetDns(draft, dns => dns with { Options = [.. dns.Options, value] }),
        },
        new()
        {
            Name = "sysctl",
            Value = "NAME=VALUE",
            Help = "a setting of the kernel in namespaces of the job's own, such as net.core.somaxconn=1024; may be repeated",
            Member = "/sysctls",
            Apply = AddSysctl,
        },
        new()
        {
            Name = "oom-score-adj",
            Value = "NUMBER",
            Help = "0 to 1000: how much likelier than other programs the job is to be ended when the host is out of memory (default 1000)",
            Member = "/oomScoreAdj",
            Apply = static (draft, value) =>
            {
                if (!int.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var score))
                {
                    return "must be a whole number from 0 to 1000";
                }

                draft.Job = draft.Job with { OomScoreAdj = score };
                return null;
            },
        },
    ];

    // Docker parts them by a colon or an equals sign; an address of IPv6 has colons.
    private static string? AddHost(JobDraft draft, string value)
    {
        var end = value.AsSpan().IndexOfAny(':', '=');
        if (end <= 0)
        {
            return "must be NAME:ADDRESS";
        }

        var address = value[(end + 1)..];
        draft.Job = draft.Job with { ExtraHosts = With(draft.Job.ExtraHosts, value[..end], address is ['[', .., ']'] ? address[1..^1] : address) };
        return null;
    }

    private static string? AddSysctl(JobDraft draft, string value)
    {
        var end = value.IndexOf('=', StringComparison.Ordinal);
        if (end <= 0)
        {
            return "must be NAME=VALUE";
        }

        draft.Job = draft.Job with { Sysctls = With(draft.Job.Sysctls, value[..end].Replace('/', '.'), value[(end + 1)..]) };
        return null;
    }

    private static string? SetDns(JobDraft draft, Func<DnsSettings, DnsSettings> change)
    {
        draft.Job = draft.Job with { Dns = change(draft.Job.Dns ?? new()) };
        return null;
    }

    private static Dictionary<string, string> With(IReadOnlyDictionary<string, string> texts, string name, string text) => new(texts, StringComparer.Ordinal) { [name] = text };
}
