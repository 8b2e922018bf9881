using System.Text.Json;

namespace Sandbox.Jobs;

/// <summary>The part of result.json that says what really held: enforcement, isolation, phases, error.</summary>
internal static class ProofWriter
{
    public static void WriteEnforcement(Utf8JsonWriter json, IReadOnlyDictionary<string, Enforcement> enforcement)
    {
        json.WriteStartObject("enforcement");
        foreach (var (name, control) in enforcement)
        {
            json.WriteStartObject(name);
            WriteNumber(json, "requested", control.Requested);
            WriteNumber(json, "effective", control.Effective);
            json.WriteString("by", control.By.Word());
            if (control.Note is not null)
            {
                json.WriteString("note", control.Note);
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    public static void WriteIsolation(Utf8JsonWriter json, IsolationReport? isolation)
    {
        if (isolation is null)
        {
            json.WriteNull("isolation");
            return;
        }

        json.WriteStartObject("isolation");
        json.WriteStartObject("namespaces");
        foreach (var (name, inode) in isolation.Namespaces)
        {
            json.WriteNumber(name, inode);
        }

        json.WriteEndObject();
        json.WriteString("capabilities", isolation.Capabilities);
        json.WriteBoolean("noNewPrivs", isolation.NoNewPrivs);
        json.WriteStartObject("seccomp");
        json.WriteString("policy", isolation.SeccompPolicy);
        json.WriteString("sha256", isolation.SeccompSha256);
        json.WriteEndObject();
        json.WriteNumber("landlock", isolation.Landlock);
        json.WriteBoolean("ownInodes", isolation.OwnInodes);
        if (isolation.Image is { } image)
        {
            json.WriteString("image", image);
        }

        if (isolation.Egress is { } way)
        {
            json.WriteString("egress", way == EgressWay.Redirect ? "redirect" : "proxy");
        }

        WriteHostIds(json, isolation);
        json.WriteEndObject();
    }

    public static void WritePhases(Utf8JsonWriter json, IReadOnlyList<PhaseTiming> phases)
    {
        json.WriteStartArray("phases");
        for (var index = 0; index < phases.Count; index++)
        {
            json.WriteStartObject();
            json.WriteString("name", phases[index].Phase.Word());
            json.WriteNumber("startUs", phases[index].StartMicroseconds);
            json.WriteNumber("us", phases[index].Microseconds);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    public static void WriteError(Utf8JsonWriter json, ErrorReport? error)
    {
        if (error is null)
        {
            json.WriteNull("error");
            return;
        }

        json.WriteStartObject("error");
        json.WriteString("phase", error.Phase?.Word());
        json.WriteString("step", error.Step);
        json.WriteString("path", error.Path);
        json.WriteString("errno", error.Errno);
        json.WriteString("message", error.Message);
        json.WriteString("hint", error.Hint);
        json.WriteString("pointer", error.Pointer);
        WriteProblems(json, error.Problems);
        json.WriteEndObject();
    }

    // Lines and columns are known only of a job that came from a file.
    private static void WriteProblems(Utf8JsonWriter json, IReadOnlyList<JobProblem> problems)
    {
        if (problems.Count == 0)
        {
            return;
        }

        json.WriteStartArray("problems");
        foreach (var problem in problems)
        {
            json.WriteStartObject();
            json.WriteString("pointer", problem.Pointer);
            WriteNumber(json, "line", problem.Line > 0 ? problem.Line : null);
            WriteNumber(json, "column", problem.Column > 0 ? problem.Column : null);
            json.WriteString("message", problem.Message);
            json.WriteString("suggestion", problem.Suggestion);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteHostIds(Utf8JsonWriter json, IsolationReport isolation)
    {
        // Real root never enters a job, so 0 means that the id is not known.
        if (isolation.HostUid != 0)
        {
            json.WriteNumber("hostUid", isolation.HostUid);
        }

        if (isolation.Groups.Count == 0)
        {
            return;
        }

        json.WriteStartArray("groups");
        for (var index = 0; index < isolation.Groups.Count; index++)
        {
            json.WriteNumberValue(isolation.Groups[index]);
        }

        json.WriteEndArray();
    }

    private static void WriteNumber(Utf8JsonWriter json, string name, double? number)
    {
        if (number is { } value)
        {
            json.WriteNumber(name, value);
            return;
        }

        json.WriteNull(name);
    }
}
