using System.Text.Json;

namespace Sandbox.Jobs;

/// <summary>The members of result.json, in the order users read them: verdict, usage, output, proof.</summary>
internal static class ResultWriter
{
    public static void Write(Utf8JsonWriter json, JobResult result) => Write(json, result, withProof: true);

    /// <summary>Writes a result.</summary>
    /// <param name="json">Where to.</param>
    /// <param name="result">The result.</param>
    /// <param name="withProof">Also what held the limits, the isolation and the phases.</param>
    public static void Write(Utf8JsonWriter json, JobResult result, bool withProof)
    {
        json.WriteStartObject();
        json.WriteString("schema", "sandbox.result/1");
        json.WriteString("name", result.Name);
        WriteVerdict(json, result);
        WriteUsage(json, result);
        WriteStream(json, "stdout", result.Stdout);
        WriteStream(json, "stderr", result.Stderr);
        WriteOutputs(json, result);
        DiffWriter.Write(json, result.Diff);
        WriteViolations(json, result.Violations);
        if (result.SkippedMounts.Count > 0)
        {
            WriteTexts(json, "skippedMounts", result.SkippedMounts);
        }

        WriteConnections(json, result);
        WritePorts(json, result.Ports);
        if (result.Notes.Count > 0)
        {
            WriteTexts(json, "notes", result.Notes);
        }

        if (withProof)
        {
            ProofWriter.WriteEnforcement(json, result.Enforcement);
            ProofWriter.WriteIsolation(json, result.Isolation);
            ProofWriter.WritePhases(json, result.Phases);
        }

        ProofWriter.WriteError(json, result.Error);
        json.WriteEndObject();
    }

    /// <summary>The name of a verdict in result.json.</summary>
    public static string VerdictName(Verdict verdict) => verdict switch
    {
        Verdict.Ok => "ok",
        Verdict.ExitCode => "exit-code",
        Verdict.Signal => "signal",
        Verdict.CpuTimeLimit => "cpu-time-limit",
        Verdict.WallTimeLimit => "wall-time-limit",
        Verdict.IdleLimit => "idle-limit",
        Verdict.MemoryLimit => "memory-limit",
        Verdict.OutputLimit => "output-limit",
        Verdict.FileSizeLimit => "file-size-limit",
        Verdict.DiskLimit => "disk-limit",
        Verdict.PolicyViolation => "policy-violation",
        Verdict.ExecFailed => "exec-failed",
        Verdict.OutputError => "output-error",
        Verdict.Cancelled => "cancelled",
        Verdict.SetupError => "setup-error",
        Verdict.InvalidJob => "invalid-job",
        Verdict.WrongAnswer => "wrong-answer",
        Verdict.Partial => "partial",
        Verdict.CheckError => "check-error",
        Verdict.Skipped => "skipped",
        _ => "internal-error",
    };

    public static void WriteTexts(Utf8JsonWriter json, string name, IReadOnlyList<string> texts)
    {
        json.WriteStartArray(name);
        for (var index = 0; index < texts.Count; index++)
        {
            json.WriteStringValue(texts[index]);
        }

        json.WriteEndArray();
    }

    private static void WriteConnections(Utf8JsonWriter json, JobResult result)
    {
        if (result.Connections.Count == 0)
        {
            return;
        }

        json.WriteStartArray("connections");
        foreach (var connection in result.Connections)
        {
            json.WriteStartObject();
            json.WriteString("name", connection.Name);
            json.WriteString("address", connection.Address);
            WriteNumber(json, "port", connection.Port);
            json.WriteNumber("count", connection.Count);
            json.WriteNumber("bytesIn", connection.BytesIn);
            json.WriteNumber("bytesOut", connection.BytesOut);
            json.WriteBoolean("allowed", connection.Allowed);
            json.WriteString("rule", connection.Rule);
            json.WriteString("reason", connection.Reason);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        if (result.ConnectionsLeftOut > 0)
        {
            json.WriteNumber("connectionsLeftOut", result.ConnectionsLeftOut);
        }
    }

    private static void WritePorts(Utf8JsonWriter json, IReadOnlyList<PublishedPort> ports)
    {
        if (ports.Count == 0)
        {
            return;
        }

        json.WriteStartArray("ports");
        foreach (var port in ports)
        {
            json.WriteStartObject();
            json.WriteString("address", port.Address);
            json.WriteNumber("hostPort", port.HostPort);
            json.WriteNumber("jobPort", port.JobPort);
            json.WriteNumber("connections", port.Connections);
            json.WriteNumber("refused", port.Refused);
            json.WriteNumber("bytesIn", port.BytesIn);
            json.WriteNumber("bytesOut", port.BytesOut);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteVerdict(Utf8JsonWriter json, JobResult result)
    {
        json.WriteString("verdict", VerdictName(result.Verdict));
        json.WriteString("message", result.Message);
        WriteNumber(json, "exitCode", result.ExitCode);
        json.WriteString("signal", result.Signal);
        json.WriteString("killedBy", result.KilledBy?.Word());
        WriteTexts(json, "limitsHit", result.LimitsHit);
    }

    private static void WriteUsage(Utf8JsonWriter json, JobResult result)
    {
        json.WriteStartObject("time");
        json.WriteMilliseconds("cpuMs", result.Time.Cpu);
        json.WriteMilliseconds("userMs", result.Time.User);
        json.WriteMilliseconds("systemMs", result.Time.System);
        json.WriteMilliseconds("wallMs", result.Time.Wall);
        json.WriteMilliseconds("overshootMs", result.Time.Overshoot);
        json.WriteEndObject();

        json.WriteStartObject("memory");
        json.WriteNumber("peakBytes", result.Memory.PeakBytes);
        if (result.Memory.LargestProcessBytes is { } largest)
        {
            json.WriteNumber("largestProcessBytes", largest);
        }

        json.WriteNumber("oomKills", result.Memory.OomKills);
        if (result.Memory.Sampled)
        {
            json.WriteBoolean("sampled", true);
        }

        json.WriteEndObject();

        json.WriteStartObject("processes");
        WriteNumber(json, "peak", result.ProcessesPeak);
        if (result.ProcessesRefused is { } refused)
        {
            json.WriteNumber("refused", refused);
        }

        json.WriteEndObject();
        ActivityWriter.WriteIo(json, result.Io);
        ActivityWriter.WritePressure(json, result.Pressure);
        QualityWriter.Write(json, result.Quality);
    }

    private static void WriteStream(Utf8JsonWriter json, string name, StreamResult stream)
    {
        json.WriteStartObject(name);
        json.WriteNumber("bytes", stream.Bytes);
        json.WriteBoolean("truncated", stream.Truncated);
        if (stream.Undelivered > 0)
        {
            json.WriteNumber("undelivered", stream.Undelivered);
        }

        if (stream.Content is { } content)
        {
            CapturedContent.Write(json, content.Span, stream.Truncated);
        }

        json.WriteEndObject();
    }

    private static void WriteOutputs(Utf8JsonWriter json, JobResult result)
    {
        json.WriteStartArray("outputs");
        foreach (var output in result.Outputs)
        {
            json.WriteStartObject();
            json.WriteString("path", output.Path);
            json.WriteNumber("bytes", output.Bytes);
            json.WriteString("sha256", output.Sha256);
            json.WriteString("to", output.To);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("outputErrors");
        foreach (var failure in result.OutputErrors)
        {
            json.WriteStartObject();
            json.WriteString("path", failure.Path);
            json.WriteString("error", failure.Error);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteViolations(Utf8JsonWriter json, IReadOnlyList<PolicyViolation> violations)
    {
        json.WriteStartArray("violations");
        foreach (var violation in violations)
        {
            json.WriteStartObject();
            json.WriteString("syscall", violation.Syscall);
            json.WriteNumber("number", violation.Number);
            json.WriteString("arch", violation.Arch);
            json.WriteNumber("pid", violation.Pid);
            json.WriteString("action", violation.Action);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteNumber(Utf8JsonWriter json, string name, int? number)
    {
        if (number is { } value)
        {
            json.WriteNumber(name, value);
            return;
        }

        json.WriteNull(name);
    }
}
