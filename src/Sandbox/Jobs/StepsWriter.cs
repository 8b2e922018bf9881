using System.Text.Json;

namespace Sandbox.Jobs;

/// <summary>Writes a job of steps, the reverse of <see cref="StepsForm"/>, and what became of one.</summary>
internal static class StepsWriter
{
    /// <summary>Writes the object of a valid job.</summary>
    public static void WriteObject(Utf8JsonWriter json, StepsJob job)
    {
        json.WriteStartObject();
        WriteText(json, "name", job.Name);
        json.WriteStartArray("steps");
        foreach (var step in job.Steps)
        {
            WriteStep(json, step);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>Writes what became of it.</summary>
    public static void Write(Utf8JsonWriter json, StepsResult result)
    {
        json.WriteStartObject();
        json.WriteString("schema", "sandbox.result/1");
        json.WriteString("name", result.Name);
        WriteVerdict(json, result.Verdict, result.Message, result.Points);
        json.WriteStartArray("steps");
        foreach (var step in result.Steps)
        {
            WriteResult(json, step);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteStep(Utf8JsonWriter json, JobStep step)
    {
        json.WriteStartObject();
        json.WriteString("name", step.Name);
        json.WritePropertyName("job");
        JobWriter.WriteObject(json, step.Job);
        if (step.Processes.Count > 0)
        {
            ProcessesForm.WriteProcesses(json, step.Processes);
        }

        WritePairs(json, "keep", step.Keep);
        WritePairs(json, "use", step.Use);
        if (step.Cases.Count > 0)
        {
            json.WriteStartArray("forEach");
            foreach (var @case in step.Cases)
            {
                WriteCase(json, @case);
            }

            json.WriteEndArray();
        }

        WriteCheck(json, step.Check);
        if (step.OnFailure != FailureAction.Stop)
        {
            json.WriteString("onFailure", StepsForm.Actions[(int)step.OnFailure]);
        }

        if (step.Parallel != 1)
        {
            json.WriteNumber("parallel", step.Parallel);
        }

        WriteGroups(json, step.Groups);
        WriteCache(json, step.Cache);
        json.WriteEndObject();
    }

    private static void WriteCase(Utf8JsonWriter json, StepCase @case)
    {
        json.WriteStartObject();
        json.WriteString("name", @case.Name);
        if (@case.Args.Count > 0)
        {
            ResultWriter.WriteTexts(json, "args", @case.Args);
        }

        WritePairs(json, "env", @case.Env);
        switch (@case.Stdin)
        {
            case null:
                break;
            case ContentStdin given:
                WriteContent(json, "stdin", given.Content);
                break;
            case NullStdin:
                json.WriteString("stdin", "null");
                break;
            default:
                throw new NotSupportedException("the stdin of a case has no form in job.json");
        }

        JobWriter.WriteFiles(json, @case.Files);
        if (@case.Answer is { } answer)
        {
            WriteContent(json, "answer", answer);
        }

        WriteText(json, "group", @case.Group);
        if (@case.Points is { } points)
        {
            json.WriteNumber("points", points);
        }

        json.WriteEndObject();
    }

    private static void WriteCheck(Utf8JsonWriter json, OutputCheck? check)
    {
        switch (check)
        {
            case ComparisonCheck { Comparison: OutputComparison.Floats } floats:
                json.WriteStartObject("check");
                json.WriteNumber("floats", floats.Tolerance);
                json.WriteEndObject();
                break;
            case ComparisonCheck comparison:
                json.WriteString("check", StepsForm.Comparisons[(int)comparison.Comparison]);
                break;
            case JudgeCheck judge:
                json.WriteStartObject("check");
                json.WritePropertyName(judge.Member);
                JobWriter.WriteObject(json, judge.Job);
                if (judge.Protocol != CheckProtocol.Testlib)
                {
                    json.WriteString("protocol", StepsForm.Protocols[(int)judge.Protocol]);
                }

                json.WriteEndObject();
                break;
        }
    }

    private static void WriteGroups(Utf8JsonWriter json, IReadOnlyList<CaseGroup> groups)
    {
        if (groups.Count == 0)
        {
            return;
        }

        json.WriteStartObject("groups");
        foreach (var group in groups)
        {
            json.WriteStartObject(group.Name);
            json.WriteNumber("points", group.Points);
            if (group.Score != GroupScore.Min)
            {
                json.WriteString("score", StepsForm.Scores[(int)group.Score]);
            }

            if (group.Requires.Count > 0)
            {
                ResultWriter.WriteTexts(json, "requires", group.Requires);
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void WriteCache(Utf8JsonWriter json, StepCaching? cache)
    {
        if (cache is { Tools.Count: 0 })
        {
            json.WriteBoolean("cache", true);
        }
        else if (cache is not null)
        {
            json.WriteStartObject("cache");
            ResultWriter.WriteTexts(json, "tools", cache.Tools);
            json.WriteEndObject();
        }
    }

    private static void WriteResult(Utf8JsonWriter json, StepResult step)
    {
        json.WriteStartObject();
        json.WriteString("name", step.Name);
        WriteVerdict(json, step.Verdict, step.Message, step.Points);
        if (step.Cached)
        {
            json.WriteBoolean("cached", true);
        }

        WritePairs(json, "kept", step.Kept);
        if (step.Groups.Count > 0)
        {
            json.WriteStartArray("groups");
            foreach (var group in step.Groups)
            {
                json.WriteStartObject();
                json.WriteString("name", group.Name);
                json.WriteString("verdict", ResultWriter.VerdictName(group.Verdict));
                WritePoints(json, group.Points);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        WriteChecked(json, step.Check, step.Result, step.Processes, withProof: true);
        if (step.Cases.Count > 0)
        {
            WriteCases(json, step.Cases);
        }

        json.WriteEndObject();
    }

    // What holds a job's limits is the same for all cases of a step: it is told with the first, and with those that the sandbox failed.
    private static void WriteCases(Utf8JsonWriter json, IReadOnlyList<CaseResult> cases)
    {
        json.WriteStartArray("cases");
        var withProof = true;
        foreach (var @case in cases)
        {
            json.WriteStartObject();
            json.WriteString("name", @case.Name);
            WriteText(json, "group", @case.Group);
            WriteVerdict(json, @case.Verdict, @case.Message, @case.Points);
            WriteChecked(json, @case.Check, @case.Result, @case.Processes, withProof);
            withProof &= @case.Result is null;
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteChecked(Utf8JsonWriter json, CheckResult? check, JobResult? result, IReadOnlyList<ProcessResult> beside, bool withProof)
    {
        if (check is not null)
        {
            json.WriteStartObject("check");
            json.WriteString("verdict", ResultWriter.VerdictName(check.Verdict));
            json.WriteString("message", check.Message);
            if (check.Result is { } checker)
            {
                json.WritePropertyName("result");
                ResultWriter.Write(json, checker);
            }

            json.WriteEndObject();
        }

        if (result is not null)
        {
            json.WritePropertyName("result");
            ResultWriter.Write(json, result, withProof || result.Error is not null);
        }

        if (beside.Count > 0)
        {
            ProcessesForm.WriteResults(json, beside, withProof);
        }
    }

    private static void WriteVerdict(Utf8JsonWriter json, Verdict verdict, string message, Points? points)
    {
        json.WriteString("verdict", ResultWriter.VerdictName(verdict));
        json.WriteString("message", message);
        if (points is not null)
        {
            WritePoints(json, points);
        }
    }

    private static void WritePoints(Utf8JsonWriter json, Points points)
    {
        json.WriteNumber("points", Math.Round(points.Reached, 6));
        json.WriteNumber("maxPoints", Math.Round(points.Of, 6));
    }

    private static void WriteContent(Utf8JsonWriter json, string name, Content content)
    {
        json.WriteStartObject(name);
        JobWriter.WriteContent(json, content);
        json.WriteEndObject();
    }

    private static void WritePairs(Utf8JsonWriter json, string name, IReadOnlyDictionary<string, string> pairs)
    {
        if (pairs.Count == 0)
        {
            return;
        }

        json.WriteStartObject(name);
        foreach (var (key, value) in pairs)
        {
            json.WriteString(key, value);
        }

        json.WriteEndObject();
    }

    private static void WriteText(Utf8JsonWriter json, string name, string? text)
    {
        if (text is not null)
        {
            json.WriteString(name, text);
        }
    }
}
