using System.Globalization;

namespace Sandbox.Jobs;

/// <summary>
/// The checks every job passes, whether it came from a file or was made in code. What only the running
/// host can tell (does a source exist?) is left to the step that needs it.
/// </summary>
internal static class JobValidator
{
    /// <summary>Checks a job; throws <see cref="InvalidJobException"/> with every problem.</summary>
    public static ValidJob Validate(JobSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);

        var problems = new ProblemList();
        Check(spec, problems);
        return ToValid(spec, problems);
    }

    /// <summary>Checks one process of a job that was checked as a whole.</summary>
    public static ValidJob ValidatePart(JobSpec spec)
    {
        var problems = new ProblemList();
        CheckPart(spec, problems);
        return ToValid(spec, problems);
    }

    /// <summary>Checks a job of several processes; throws <see cref="InvalidJobException"/> with every problem.</summary>
    public static void Validate(ProcessesJob job)
    {
        ArgumentNullException.ThrowIfNull(job);
        var problems = new ProblemList();
        ProcessesForm.Check(job, problems);
        if (!problems.IsEmpty)
        {
            throw problems.ToException();
        }
    }

    /// <summary>Checks a job of steps; throws <see cref="InvalidJobException"/> with every problem.</summary>
    public static void Validate(StepsJob job)
    {
        ArgumentNullException.ThrowIfNull(job);
        var problems = new ProblemList();
        StepsRules.Check(job, problems);
        if (!problems.IsEmpty)
        {
            throw problems.ToException();
        }
    }

    /// <summary>Notes every problem of a job in one sandbox.</summary>
    public static void Check(JobSpec spec, ProblemList problems)
    {
        CheckPart(spec, problems);
        ProcessesForm.RefuseAlone(spec, problems);
    }

    /// <summary>Notes every problem that a process has whether there are others or not.</summary>
    public static void CheckPart(JobSpec spec, ProblemList problems)
    {
        IdentityRules.Check(spec, problems);
        MountRules.Check(spec, problems);
        StreamRules.Check(spec, problems);
        LimitRules.Check(spec, problems);
        PrivilegeRules.Check(spec, problems);
        SystemRules.Check(spec, problems);
        CheckModes(spec, problems);
    }

    private static ValidJob ToValid(JobSpec spec, ProblemList problems) => problems.IsEmpty
        ? new ValidJob { Spec = spec, Environment = IdentityRules.Environment(spec), Cpuset = LimitRules.Cpuset(spec.Cpuset) }
        : throw problems.ToException();

    private static void CheckModes(JobSpec spec, ProblemList problems)
    {
        NetworkRules.Check(spec.Network, problems);
        NetworkRules.Check(spec.Ipc, spec.Network, problems);
        PortForm.Check(spec, problems);
        if (spec.Proc is < ProcView.Full or > ProcView.Pid)
        {
            problems.Add("/proc", Unknown((int)spec.Proc));
        }

        if (spec.Sys is < SysView.None or > SysView.Network)
        {
            problems.Add("/sys", Unknown((int)spec.Sys));
        }
        else if (spec.Sys == SysView.Network && spec.Network is HostNetwork or JoinedNetwork or ContainerNetwork)
        {
            problems.Add("/sys", spec.Network is HostNetwork ? "the network is the host's, whose devices no job is shown" : "the devices of a network that jobs share are not shown in /sys; \"ip link\" lists them");
        }

        if (spec.Isolation is < IsolationLevel.Normal or > IsolationLevel.Strict)
        {
            problems.Add("/isolation", Unknown((int)spec.Isolation));
        }

        if (spec.OnOutputLimit is < OutputLimitAction.Kill or > OutputLimitAction.Truncate)
        {
            problems.Add("/onOutputLimit", Unknown((int)spec.OnOutputLimit));
        }

        var policyProblem = spec.Seccomp switch
        {
            NamedPolicy named => named.Name is "" ? "must not be empty" : TextRules.Problem(named.Name),
            PolicyFile file => PathRules.HostProblem(file.Path),
            null => "must not be null",
            _ => null,
        };
        if (policyProblem is not null)
        {
            problems.Add("/seccomp", policyProblem);
        }
    }

    /// <summary>What is wrong with a value that no member of its type has.</summary>
    public static string Unknown(int value) =>
        string.Create(CultureInfo.InvariantCulture, $"{value} is no known value");
}
