using System.Text.Json;

namespace Sandbox.Jobs;

/// <summary>Reads a job of steps.</summary>
internal static class StepsForm
{
    /// <summary>The names of <c>check</c> that need nothing more, in the order of <see cref="OutputComparison"/>.</summary>
    public static readonly string[] Comparisons = ["exact", "lines", "tokens"];

    /// <summary>The names of <c>protocol</c>, in the order of its values.</summary>
    public static readonly string[] Protocols = ["testlib", "kattis"];

    /// <summary>The names of <c>onFailure</c>, in the order of its values.</summary>
    public static readonly string[] Actions = ["stop", "skipGroup", "continue"];

    /// <summary>The names of <c>score</c>, in the order of its values.</summary>
    public static readonly string[] Scores = ["min", "sum"];

    /// <summary>The members of a step.</summary>
    public static readonly string[] Step = ["name", "job", "processes", "keep", "use", "forEach", "check", "onFailure", "parallel", "groups", "cache"];

    /// <summary>The members of a case of a step.</summary>
    public static readonly string[] Case = ["name", "args", "env", "stdin", "files", "answer", "group", "points"];

    /// <summary>The members of a group of cases.</summary>
    public static readonly string[] Group = ["points", "score", "requires"];

    private static readonly string[] s_members = ["name", "steps"];
    private static readonly string[] s_cache = ["tools"];
    private static readonly string[] s_check = ["floats", "program", "interactor", "protocol"];

    /// <summary>The job; problems are noted, and what cannot be read is left out.</summary>
    public static StepsJob? Read(ref JsonCursor json, HostPaths paths)
    {
        if (!json.EnterObject("a job must be a JSON object"))
        {
            return null;
        }

        var job = new StepsJob { Steps = [] };
        while (json.NextMember(s_members) is { } member)
        {
            job = member == "name" ? job with { Name = json.Text("must be a string") } : job with { Steps = Steps(ref json, paths) };
        }

        return job;
    }

    private static List<JobStep> Steps(ref JsonCursor json, HostPaths paths)
    {
        var steps = new List<JobStep>();
        if (json.EnterArray("must be a list such as [ { \"name\": \"compile\", \"job\": { \"command\": … } } ]"))
        {
            while (json.NextElement())
            {
                steps.Add(ReadStep(ref json, paths));
            }
        }

        return steps;
    }

    private static JobStep ReadStep(ref JsonCursor json, HostPaths paths)
    {
        var start = json.Offset;
        var step = new JobStep { Name = "", Job = new() { Command = ["unread"] } };
        if (!json.EnterObject("must be an object such as { \"name\": \"compile\", \"job\": { \"command\": … } }"))
        {
            return step;
        }

        var (hasName, hasJob) = (false, false);
        while (json.NextMember(Step) is { } member)
        {
            switch (member)
            {
                case "name":
                    hasName = true;
                    step = step with { Name = json.Text("must be a string") ?? "" };
                    break;
                case "job":
                    hasJob = true;
                    step = step with { Job = JobReader.ReadJob(ref json, paths) ?? step.Job };
                    break;
                case "processes":
                    step = step with { Processes = ProcessesForm.Processes(ref json, paths) };
                    break;
                case "keep":
                    step = step with { Keep = Pairs(ref json, "must be an object such as { \"program\": \"/work/main\" }") };
                    break;
                case "use":
                    step = step with { Use = Pairs(ref json, "must be an object such as { \"/work/main\": \"compile/program\" }") };
                    break;
                case "forEach":
                    step = step with { Cases = Cases(ref json, paths) };
                    break;
                case "check":
                    step = step with { Check = Check(ref json, paths) };
                    break;
                case "onFailure":
                    step = step with { OnFailure = (FailureAction)FieldReaders.Choice(ref json, Actions) };
                    break;
                case "parallel":
                    step = step with { Parallel = (int)Math.Clamp(json.Integer("must be a number from 1 to 64") ?? 1, 0, int.MaxValue) };
                    break;
                case "cache":
                    step = step with { Cache = Cache(ref json) };
                    break;
                default:
                    step = step with { Groups = Groups(ref json) };
                    break;
            }
        }

        json.RequireMember("name", hasName, start);
        json.RequireMember("job", hasJob, start);
        return step;
    }

    private static StepCaching? Cache(ref JsonCursor json)
    {
        if (json.Token is JsonTokenType.True or JsonTokenType.False)
        {
            return json.Boolean() ?? false ? new() : null;
        }

        var cache = new StepCaching();
        if (json.EnterObject("must be true, false, or an object such as { \"tools\": [ \"/usr/bin/gcc\" ] }"))
        {
            while (json.NextMember(s_cache) is not null)
            {
                cache = new() { Tools = FieldReaders.Texts(ref json, "must be a list of paths on the host") };
            }
        }

        return cache;
    }

    private static Dictionary<string, string> Pairs(ref JsonCursor json, string expected)
    {
        var pairs = new Dictionary<string, string>(StringComparer.Ordinal);
        if (json.EnterObject(expected))
        {
            var seen = new HashSet<string>(StringComparer.Ordinal);
            while (json.NextKey(seen) is { } name)
            {
                pairs[name] = json.Text("must be a string") ?? "";
            }
        }

        return pairs;
    }

    private static List<StepCase> Cases(ref JsonCursor json, HostPaths paths)
    {
        var cases = new List<StepCase>();
        if (json.EnterArray("must be a list such as [ { \"name\": \"01\", \"stdin\": { \"from\": \"01.in\" }, \"answer\": { \"from\": \"01.ans\" } } ]"))
        {
            while (json.NextElement())
            {
                cases.Add(ReadCase(ref json, paths));
            }
        }

        return cases;
    }

    private static StepCase ReadCase(ref JsonCursor json, HostPaths paths)
    {
        var start = json.Offset;
        var (@case, hasName) = (new StepCase { Name = "" }, false);
        if (!json.EnterObject("must be an object such as { \"name\": \"01\", \"stdin\": { \"from\": \"01.in\" } }"))
        {
            return @case;
        }

        while (json.NextMember(Case) is { } member)
        {
            hasName |= member == "name";
            @case = member switch
            {
                "name" => @case with { Name = json.Text("must be a string") ?? "" },
                "args" => @case with { Args = FieldReaders.Texts(ref json, "must be a list of words") },
                "env" => @case with { Env = FieldReaders.Env(ref json) },
                "stdin" => @case with { Stdin = StreamReaders.Stdin(ref json, paths) },
                "files" => @case with { Files = FileReader.Files(ref json, paths) },
                "answer" => @case with { Answer = FileReader.Content(ref json, paths, "must be { \"text\": … }, { \"base64\": … } or { \"from\": PATH }") },
                "group" => @case with { Group = json.Text("must be a string") },
                _ => @case with { Points = json.Decimal("must be a number") },
            };
        }

        json.RequireMember("name", hasName, start);
        return @case;
    }

    private static List<CaseGroup> Groups(ref JsonCursor json)
    {
        var groups = new List<CaseGroup>();
        if (json.EnterObject("must be an object such as { \"small\": { \"points\": 40 } }"))
        {
            var seen = new HashSet<string>(StringComparer.Ordinal);
            while (json.NextKey(seen) is { } name)
            {
                groups.Add(ReadGroup(ref json, name));
            }
        }

        return groups;
    }

    private static CaseGroup ReadGroup(ref JsonCursor json, string name)
    {
        var start = json.Offset;
        var (group, hasPoints) = (new CaseGroup { Name = name, Points = 0 }, false);
        if (!json.EnterObject("must be an object such as { \"points\": 40 }"))
        {
            return group;
        }

        while (json.NextMember(Group) is { } member)
        {
            hasPoints |= member == "points";
            group = member switch
            {
                "points" => group with { Points = json.Decimal("must be a number") ?? 0 },
                "score" => group with { Score = (GroupScore)FieldReaders.Choice(ref json, Scores) },
                _ => group with { Requires = FieldReaders.Texts(ref json, "must be a list of groups") },
            };
        }

        json.RequireMember("points", hasPoints, start);
        return group;
    }

    private static OutputCheck? Check(ref JsonCursor json, HostPaths paths)
    {
        for (var index = 0; index < Comparisons.Length; index++)
        {
            if (json.IsText(Comparisons[index]))
            {
                return new ComparisonCheck { Comparison = (OutputComparison)index };
            }
        }

        const string Expected = "must be \"exact\", \"lines\", \"tokens\", { \"floats\": 1e-6 }, { \"program\": JOB } or { \"interactor\": JOB }";
        var start = json.Offset;
        if (!json.EnterObject(Expected))
        {
            return null;
        }

        double? tolerance = null;
        JobSpec? program = null;
        JobSpec? interactor = null;
        CheckProtocol? protocol = null;
        var hasFloats = false;
        while (json.NextMember(s_check) is { } member)
        {
            switch (member)
            {
                case "floats":
                    hasFloats = true;
                    tolerance = json.Decimal("must be a number, such as 1e-6");
                    break;
                case "program":
                    program = JobReader.ReadJob(ref json, paths);
                    break;
                case "interactor":
                    interactor = JobReader.ReadJob(ref json, paths);
                    break;
                default:
                    protocol = (CheckProtocol)FieldReaders.Choice(ref json, Protocols);
                    break;
            }
        }

        if (((bool[])[hasFloats, program is not null, interactor is not null]).Count(static has => has) != 1 || (hasFloats && protocol is not null))
        {
            json.ProblemAt(start, Expected);
        }

        return program is not null ? OutputCheck.Program(program, protocol ?? CheckProtocol.Testlib)
            : interactor is not null ? OutputCheck.Interactor(interactor, protocol ?? CheckProtocol.Testlib)
            : tolerance is { } most ? OutputCheck.Floats(most) : null;
    }
}
