using System.Globalization;

namespace Sandbox.Cli.Run;

/// <summary>
/// <c>--ulimit NAME=NUMBER[:NUMBER]</c> as Docker has it, several parted by commas: the kernel's units, which are bytes
/// for sizes and seconds for <c>cpu</c>.
/// </summary>
internal static class UlimitOption
{
    /// <summary>What can be set, by its name in <c>ulimit</c>.</summary>
    public static string[] Names { get; } = ["nofile", "nproc", "fsize", "stack", "as", "data", "cpu", "core", .. s_others];

    // Those that no limit of a job stands for: the sandbox sets them, and a job may have less.
    private static string[] s_others => ["memlock", "msgqueue", "sigpending"];

    public static string? Apply(JobDraft draft, string value)
    {
        foreach (var part in value.Split(','))
        {
            if (ApplyOne(draft, part) is { } problem)
            {
                return problem;
            }
        }

        return null;
    }

    private static string? ApplyOne(JobDraft draft, string part)
    {
        var equals = part.IndexOf('=');
        var name = equals < 0 ? part : part[..equals];
        if (Choices.Find(name, Names, out _) is { } unknown)
        {
            return $"\"{name}\" {unknown}";
        }

        if (equals < 0)
        {
            return $"{name} needs a value: {name}=NUMBER";
        }

        var values = part[(equals + 1)..];
        var colon = values.IndexOf(':');
        var (softText, hardText) = colon < 0 ? (values, values) : (values[..colon], values[(colon + 1)..]);
        if ((Number(softText, out var soft) ?? Number(hardText, out _)) is { } problem)
        {
            return $"{name} {problem}";
        }

        _ = Number(hardText, out var hard);
        if (soft > hard)
        {
            return string.Create(CultureInfo.InvariantCulture, $"the soft limit must not be above the hard one, {hard}");
        }

        if (Array.IndexOf(s_others, name) >= 0)
        {
            SetRange(draft, name, new() { Soft = soft, Hard = hard });
            return null;
        }

        if (soft != hard)
        {
            if (name is "cpu" or "fsize" or "core")
            {
                return $"{name} must have one value: the soft limit is the hard one here";
            }

            SetRange(draft, name, new() { Soft = soft });
        }

        return Set(draft, name, hard);
    }

    // Without limit is as much as there would be anyway.
    private static void SetRange(JobDraft draft, string name, RlimitRange range)
    {
        if ((range.Soft ?? range.Hard) is not null)
        {
            draft.Job = draft.Job with { Rlimits = new Dictionary<string, RlimitRange>(draft.Job.Rlimits, StringComparer.Ordinal) { [name] = range } };
        }
    }

    private static string? Number(string word, out long? number)
    {
        number = null;
        if (word is "-1" or "unlimited")
        {
            return null;
        }

        if (!long.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var parsed))
        {
            return "must be a whole number, or -1 for none";
        }

        number = parsed;
        return null;
    }

    private static string? Set(JobDraft draft, string name, long? number)
    {
        if (name is "nofile" or "nproc" && number > int.MaxValue)
        {
            return $"{name} is too large";
        }

        if (name == "cpu" && number > TimeSpan.MaxValue.TotalSeconds)
        {
            return "cpu is too large";
        }

        var limits = draft.Limits;
        switch (name)
        {
            case "nofile":
                draft.Limits = limits with { OpenFiles = (int?)number };
                break;
            case "nproc":
                draft.Limits = limits with { Processes = (int?)number };
                break;
            case "fsize":
                draft.Limits = limits with { FileSizeBytes = number };
                break;
            case "stack":
                draft.Limits = limits with { StackBytes = number ?? ResourceLimits.Unlimited };
                break;
            case "as":
                draft.Limits = limits with { AddressSpaceBytes = number };
                break;
            case "data":
                draft.Limits = limits with { DataSegmentBytes = number };
                break;
            case "cpu":
                draft.Limits = limits with { CpuTime = number is { } seconds ? TimeSpan.FromSeconds(seconds) : null };
                break;
            default:
                return number == 0 ? null : "core must be 0: a job never writes core dumps";
        }

        return null;
    }
}
