using Sandbox.Text;

namespace Sandbox.Jobs;

/// <summary>Checks what the job is and whom it sees itself as: command, environment, host name, ids.</summary>
internal static class IdentityRules
{
    private const int MaxHostname = 64;

    public static void Check(JobSpec spec, ProblemList problems)
    {
        CheckCommand(spec, problems);
        CheckEnv(spec.Env, problems);
        CheckStart(spec, problems);
        PathRules.CheckInside(spec.Directory, "/workingDirectory", problems);
        CheckId(spec.Ids.Uid, "/user/uid", problems);
        CheckId(spec.Ids.Gid, "/user/gid", problems);
        if (spec.Name is not null && TextRules.Problem(spec.Name) is { } nameProblem)
        {
            problems.Add("/name", nameProblem);
        }

        if (HostnameProblem(spec.Hostname) is { } hostnameProblem)
        {
            problems.Add("/hostname", hostnameProblem);
        }

        if (spec.Traceparent is not null && !IsTraceparent(spec.Traceparent))
        {
            problems.Add("/traceparent", "must be a W3C trace context such as \"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\"");
        }
    }

    /// <summary>The whole environment: the defaults, overridden and followed by the job's own variables.</summary>
    public static List<string> Environment(JobSpec spec)
    {
        if (spec.Start.Environment is { } whole)
        {
            return [.. whole];
        }

        var variables = spec.Env;
        var environment = new List<string>(variables.Count + 5);
        AddDefault(environment, variables, "PATH", "/usr/local/bin:/usr/bin:/bin");
        AddDefault(environment, variables, "HOME", "/work");
        AddDefault(environment, variables, "TMPDIR", "/tmp");

        // In glibc itself since 2.35 (NEWS), in Debian before, and all that musl has: without it javac, ruby and others take text for ASCII.
        AddDefault(environment, variables, "LANG", "C.UTF-8");
        if (spec.Terminal)
        {
            AddDefault(environment, variables, "TERM", "xterm");
        }

        foreach (var (name, value) in variables)
        {
            environment.Add($"{name}={value}");
        }

        return environment;
    }

    private static void AddDefault(
        List<string> environment, IReadOnlyDictionary<string, string> variables, string name, string value)
    {
        if (!variables.ContainsKey(name))
        {
            environment.Add($"{name}={value}");
        }
    }

    private static void CheckCommand(JobSpec spec, ProblemList problems)
    {
        var command = spec.Command;
        if (command is { Count: 0 } && spec.Rootfs is ImageRootfs)
        {
            return;
        }

        if (command is null || command.Count == 0)
        {
            problems.Add("/command", "must name a program");
            return;
        }

        if (command[0] is "")
        {
            problems.Add("/command/0", "must not be empty");
        }

        for (var index = 0; index < command.Count; index++)
        {
            if (TextRules.WordProblem(command[index]) is { } problem)
            {
                problems.Add($"/command/{index}", problem);
            }
        }
    }

    private static void CheckEnv(IReadOnlyDictionary<string, string> variables, ProblemList problems)
    {
        if (variables is null)
        {
            problems.Add("/env", "must not be null");
            return;
        }

        foreach (var (name, value) in variables)
        {
            if ((VariableNameProblem(name) ?? TextRules.WordProblem(value)) is { } problem)
            {
                problems.Add("/env/" + JsonPointer.Escape(name), problem);
            }
        }
    }

    private static void CheckStart(JobSpec spec, ProblemList problems)
    {
        if (spec.Start is not { Opened: { } opened, Inherited: { } inherited } start)
        {
            problems.Add("/start", "must not be null");
            return;
        }

        // Of every job but those of other tools' front ends: nothing to check, and nothing to pay for.
        if (start.Environment is null && opened.Count == 0 && inherited.Count == 0)
        {
            return;
        }

        for (var index = 0; index < (start.Environment?.Count ?? 0); index++)
        {
            if (TextRules.WordProblem(start.Environment![index]) is { } problem)
            {
                problems.Add($"/start/environment/{index}", problem);
            }
        }

        CheckInherited(spec, inherited, problems);
        var taken = new HashSet<int>(spec.Descriptors?.Select(static pipe => pipe.Number) ?? []);
        for (var index = 0; index < opened.Count; index++)
        {
            var pointer = $"/start/opened/{index}";
            PathRules.CheckInside(opened[index].Path, pointer + "/path", problems);
            if (opened[index].Descriptors is not { Count: > 0 } numbers || numbers.Any(static number => number is < 0 or > DescriptorRules.Last))
            {
                problems.Add(pointer + "/descriptors", $"must be numbers from 0 to {DescriptorRules.Last}");
            }
            else if (!numbers.All(taken.Add))
            {
                problems.Add(pointer + "/descriptors", "is given already");
            }
            else if (spec.Terminal && numbers.Any(static number => number < 3))
            {
                problems.Add(pointer + "/descriptors", "must be above 2 in a job with a terminal");
            }
            else if (spec.Limits?.OpenFiles <= numbers.Max() + 1)
            {
                problems.Add("/limits/openFiles", $"must be at least {numbers.Max() + 2} with these descriptors");
            }
        }
    }

    private static void CheckInherited(JobSpec spec, IReadOnlyList<int> inherited, ProblemList problems)
    {
        if (inherited.Any(static number => number is < DescriptorRules.First or > DescriptorRules.Last) || inherited.Distinct().Count() < inherited.Count)
        {
            problems.Add("/start/inherited", $"must be different numbers from {DescriptorRules.First} to {DescriptorRules.Last}");
        }
        else if (inherited.Count > 0 && spec.Descriptors?.Count > 0)
        {
            problems.Add("/start/inherited", "there can be none beside \"descriptors\"");
        }
        else if (inherited.Count > 0 && spec.Limits?.OpenFiles <= inherited.Max() + 1)
        {
            problems.Add("/limits/openFiles", $"must be at least {inherited.Max() + 2} with these descriptors");
        }
    }

    private static string? VariableNameProblem(string name)
    {
        if (name.Length == 0)
        {
            return "the name of a variable must not be empty";
        }

        return name.Contains('=') ? "the name of a variable must not contain \"=\"" : TextRules.WordProblem(name);
    }

    private static void CheckId(uint id, string pointer, ProblemList problems)
    {
        if (id == uint.MaxValue)
        {
            problems.Add(pointer, "must be a whole number from 0 to 4294967294");
        }
    }

    /// <summary>What is wrong with a name of a host; null for nothing.</summary>
    public static string? HostnameProblem(string hostname, int most = MaxHostname)
    {
        if (string.IsNullOrEmpty(hostname) || hostname.Length > most)
        {
            return $"must have 1 to {most} characters";
        }

        foreach (var letter in hostname)
        {
            if (!char.IsAsciiLetterOrDigit(letter) && letter is not ('-' or '.' or '_'))
            {
                return "must consist of letters, digits, \"-\", \".\" and \"_\"";
            }
        }

        return char.IsAsciiLetterOrDigit(hostname[0]) ? null : "must start with a letter or a digit";
    }

    // https://www.w3.org/TR/trace-context/#traceparent-header: version ff is invalid, as are all-zero ids;
    // versions after 00 may append fields.
    private static bool IsTraceparent(string text)
    {
        var parts = text.Split('-');
        return parts.Length >= 4 &&
            IsHex(parts[0], 2) && parts[0] != "ff" && (parts.Length == 4 || parts[0] != "00") &&
            IsHex(parts[1], 32) && parts[1].AsSpan().IndexOfAnyExcept('0') >= 0 &&
            IsHex(parts[2], 16) && parts[2].AsSpan().IndexOfAnyExcept('0') >= 0 &&
            IsHex(parts[3], 2);
    }

    private static bool IsHex(string text, int length)
    {
        foreach (var digit in text)
        {
            if (!char.IsAsciiHexDigitLower(digit))
            {
                return false;
            }
        }

        return text.Length == length;
    }
}
