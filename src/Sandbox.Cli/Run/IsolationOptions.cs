using System.Text;

namespace Sandbox.Cli.Run;

/// <summary>The options for what the job sees and may do.</summary>
internal static class IsolationOptions
{
    public static IReadOnlyList<RunOption> All { get; } =
    [
        new()
        {
            Name = "network",
            Alias = "net",
            Value = "NETWORK",
            Help = "none (the default), loopback, or host: the host's, unrestricted",
            Member = "/network",
            Apply = (draft, value) =>
            {
                var problem = Choices.Find(value, out NetworkMode choice);
                draft.Job = draft.Job with { Network = choice };
                return problem;
            },
        },
        new()
        {
            Name = "seccomp",
            Value = "POLICY",
            Help = "the seccomp policy: a name, a file, or a policy in place (default)",
            Member = "/seccomp",
            Apply = SetPolicy,
        },
        new()
        {
            Name = "security-opt",
            Value = "OPTION",
            Help = "seccomp=POLICY, as --seccomp; no-new-privileges is always in force",
            Member = "/seccomp",
            Apply = SetSecurity,
        },
        new()
        {
            Name = "proc",
            Value = "VIEW",
            Help = "full (the default), or pid: nothing of /proc but processes",
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
            Name = "isolation",
            Value = "LEVEL",
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
            Help = "capabilities over the job's own ids: CHOWN, DAC_OVERRIDE, FOWNER, SETGID, SETUID",
            Member = "/capabilities",
            Apply = static (draft, value) => draft.Capabilities.Add(value),
        },
        new()
        {
            Name = "cap-drop",
            Value = "NAMES",
            Help = "take back what --cap-add gives; a job has none (ALL) to begin with",
            Apply = static (draft, value) => draft.Capabilities.Drop(value),
        },
        new()
        {
            Name = "subids",
            Help = "give the job ids from 0 to 65535 instead of one, by /etc/subuid",
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
            Help = "let the job use a device of the host, such as /dev/kvm",
            Member = "/devices",
            Apply = AddDevice,
        },
    ];

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
