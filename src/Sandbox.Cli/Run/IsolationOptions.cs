using System.Text;

namespace Sandbox.Cli.Run;

/// <summary>The options for what the job sees and may do.</summary>
internal static class IsolationOptions
{
    private const string Egress = "egress";

    private static readonly string[] s_ipc = ["private", "shareable"];

    private static readonly string[] s_networks = [.. Network.All.Select(network => network.ToString()), Egress];

    public static IReadOnlyList<RunOption> All { get; } =
    [
        new()
        {
            Name = "network",
            Alias = "net",
            Value = "NETWORK",
            Kind = ValueKind.Network with { Words = s_networks },
            Help = "none (the default), loopback, egress (see --allow), host (unrestricted), container:ID (another job's), or one of \"sandbox network create\"",
            Member = "/network",
            Apply = (draft, value) => draft.SetNetwork(value),
        },
        new()
        {
            Name = "network-alias",
            Value = "NAME",
            Help = "what the other jobs of the network that --network names find this one by",
            Member = "/network/name",
            Apply = (draft, value) => draft.ChangePlace(place => place with { Name = value }),
        },
        new()
        {
            Name = "ip",
            Value = "ADDRESS",
            Help = "the job's address in the network that --network names; without it the lowest that is free",
            Member = "/network/address",
            Apply = (draft, value) => draft.ChangePlace(place => place with { Address = value }),
        },
        new()
        {
            Name = "isolated",
            Help = "in the network that --network names, reach only jobs that are not isolated",
            Member = "/network/isolated",
            Apply = static (draft, _) => draft.ChangePlace(static place => place with { Isolated = true }),
        },
        new()
        {
            Name = "shareable",
            Help = "let other jobs have this job's network as theirs: --network container:ID",
            Member = "/network/shareable",
            Apply = static (draft, _) => draft.ChangePlace(static place => place with { Shareable = true }),
        },
        new()
        {
            Name = "ipc",
            Value = "NAMESPACE",
            Kind = ValueKind.Of(s_ipc),
            Help = "private (the default), shareable: other jobs of the network may join it, or container:ID: that of another job",
            Member = "/ipc",
            Apply = SetIpc,
        },
        new()
        {
            Name = "allow",
            Value = "NAME[:PORT]",
            Help = "let the job reach a name, *.NAME, an address or ADDRESS/LENGTH, or \"any\" for all that is public; means --network egress",
            Apply = (draft, value) => draft.Allow(value),
        },
        new()
        {
            Name = "publish",
            Letter = 'p',
            Value = "[[ADDRESS:]PORT:]PORT",
            Help = "relay a port of this host (of 127.0.0.1, a free one) to one of the job; means --network loopback unless another is given",
            Member = "/ports",
            Apply = (draft, value) => draft.Publish(value),
        },
        new()
        {
            Name = "seccomp",
            Value = "POLICY",
            Kind = ValueKind.Policy with { Files = FileChoice.Any },
            Help = "the seccomp policy: the name of a built-in one (default \"default\"), a file, or a policy as JSON",
            Member = "/seccomp",
            Apply = SetPolicy,
        },
        new()
        {
            Name = "security-opt",
            Value = "OPTION",
            Kind = ValueKind.Of("seccomp=", "no-new-privileges"),
            Help = "seccomp=POLICY is the same as --seccomp; no-new-privileges is always in force",
            Member = "/seccomp",
            Apply = SetSecurity,
        },
        new()
        {
            Name = "proc",
            Value = "VIEW",
            Kind = ValueKind.Of(Choices.Names<ProcView>()),
            Help = "full (the default), or pid: only the processes in /proc",
            Member = "/proc",
            Apply = (draft, value) =>
            {
                var problem = Choices.Find(value, out ProcView choice);
                draft.Job = draft.Job with { Proc = choice };
                return problem;
            },
        },
        new()
        {
            Name = "sys",
            Value = "VIEW",
            Kind = ValueKind.Of(Choices.Names<SysView>()),
            Help = "none (the default), or network: the devices of the job's own network in /sys/class/net",
            Member = "/sys",
            Apply = (draft, value) =>
            {
                var problem = Choices.Find(value, out SysView choice);
                draft.Job = draft.Job with { Sys = choice };
                return problem;
            },
        },
        new()
        {
            Name = "isolation",
            Value = "LEVEL",
            Kind = ValueKind.Of(Choices.Names<IsolationLevel>()),
            Help = "normal (the default), or strict: nothing is prepared before the job",
            Member = "/isolation",
            Apply = (draft, value) =>
            {
                var problem = Choices.Find(value, out IsolationLevel choice);
                draft.Job = draft.Job with { Isolation = choice };
                return problem;
            },
        },
        new()
        {
            Name = "cap-add",
            Value = "NAMES",
            Kind = ValueKind.Of(CapabilityWishes.Grantable),
            Help = "grant capabilities over the job's own ids: CHOWN, DAC_OVERRIDE, FOWNER, SETGID, SETUID",
            Member = "/capabilities",
            Apply = static (draft, value) => draft.Capabilities.Add(value),
        },
        new()
        {
            Name = "cap-drop",
            Value = "NAMES",
            Kind = ValueKind.Of([CapabilityWishes.All, .. CapabilityWishes.Grantable]),
            Help = "take back what --cap-add grants; a job has no capability (ALL) to begin with",
            Apply = static (draft, value) => draft.Capabilities.Drop(value),
        },
        new()
        {
            Name = "subids",
            Help = "give the job the ids from 0 to 65535 instead of a single one, from /etc/subuid and /etc/subgid",
            Member = "/subids",
            Apply = static (draft, _) =>
            {
                draft.Job = draft.Job with { SubIds = true };
                return null;
            },
        },
        new()
        {
            Name = "device",
            Value = "PATH",
            Kind = ValueKind.File with { Start = "/dev/" },
            Help = "let the job use a device of the host, such as /dev/kvm",
            Member = "/devices",
            Apply = AddDevice,
        },
    ];

    private static string? SetIpc(JobDraft draft, string value)
    {
        if (value.StartsWith(JobDraft.OfContainer, StringComparison.Ordinal))
        {
            draft.Job = draft.Job with { Ipc = new() { Container = value[JobDraft.OfContainer.Length..] } };
            return null;
        }

        draft.Job = draft.Job with { Ipc = new() { Shareable = value == s_ipc[1] } };
        return s_ipc.Contains(value) ? null : "must be private, shareable, or container:ID";
    }

    private static string? AddDevice(JobDraft draft, string value)
    {
        if (value.Contains(':'))
        {
            return "must be one path: a device is where the host has it, and may be read and written";
        }

        draft.Job = draft.Job with { Devices = [.. draft.Job.Devices, value] };
        return null;
    }

    private static string? SetPolicy(JobDraft draft, string value)
    {
        if (value == "unconfined")
        {
            return "no job runs without a policy; \"sandbox policy list\" lists them";
        }

        if (value.StartsWith('{'))
        {
            draft.Job = draft.Job with { Seccomp = new InlinePolicy { Json = Encoding.UTF8.GetBytes(value) } };
            return null;
        }

        if (value.Contains('/') || value.EndsWith(".json", StringComparison.Ordinal))
        {
            return draft.WithPath(value, path => draft.Job = draft.Job with { Seccomp = new PolicyFile { Path = path } });
        }

        draft.Job = draft.Job with { Seccomp = new NamedPolicy { Name = value } };
        return null;
    }

    private static string? SetSecurity(JobDraft draft, string value)
    {
        if (value is "no-new-privileges" or "no-new-privileges:true" or "no-new-privileges=true")
        {
            return null;
        }

        var end = value.IndexOfAny(['=', ':']);
        return end > 0 && value[..end] == "seccomp"
            ? SetPolicy(draft, value[(end + 1)..])
            : "must be seccomp=POLICY or no-new-privileges";
    }
}
