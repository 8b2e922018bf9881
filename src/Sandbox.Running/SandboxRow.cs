using System.Text.Json;

namespace Sandbox.Running;

/// <summary>What a host tells of one of its sandboxes, and <c>sandbox ps</c> of all.</summary>
internal sealed record SandboxRow
{
    /// <summary>The name that no other run has.</summary>
    public required string Id { get; init; }

    /// <summary>The job's name; null for none.</summary>
    public string? Name { get; init; }

    /// <summary>Where it stands.</summary>
    public required SandboxState State { get; init; }

    /// <summary>The words of the job's command; empty where its image has it.</summary>
    public required IReadOnlyList<string> Command { get; init; }

    /// <summary>What runs it, in a word: run, detached, exec, batch or serve.</summary>
    public required string Host { get; init; }

    /// <summary>The process that runs it; null for one that is over.</summary>
    public int? HostPid { get; init; }

    /// <summary>The job's first process; null where it has none, or the kernel does not tell.</summary>
    public int? Pid { get; init; }

    /// <summary>When it was taken on.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it executed its program; null before.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>CPU time so far; null where nobody has looked.</summary>
    public TimeSpan? Cpu { get; init; }

    /// <summary>Memory now; null where nobody has looked.</summary>
    public long? MemoryBytes { get; init; }

    /// <summary>The most memory that was seen; null where nobody has looked.</summary>
    public long? PeakMemoryBytes { get; init; }

    /// <summary>Its memory limit; null for none.</summary>
    public long? MemoryLimitBytes { get; init; }

    /// <summary>How it ended; null before that is known.</summary>
    public RunEnding? Ending { get; init; }

    /// <summary>Of a sandbox of this process.</summary>
    public static SandboxRow Of(RunningSandbox sandbox, string host)
    {
        var usage = sandbox.Usage;
        return new()
        {
            Id = sandbox.Id,
            Name = sandbox.Job.Name,
            State = sandbox.State,
            Command = sandbox.Job.Command,
            Host = host,
            HostPid = Environment.ProcessId,
            Pid = sandbox.Pid,
            CreatedAt = sandbox.CreatedAt,
            StartedAt = sandbox.StartedAt,
            Cpu = usage?.Cpu,
            MemoryBytes = usage?.MemoryBytes,
            PeakMemoryBytes = usage?.PeakMemoryBytes,
            MemoryLimitBytes = sandbox.Job.Limits.MemoryBytes,
        };
    }

    /// <summary>Of a detached run whose process is gone.</summary>
    public static SandboxRow Of(KeptRun run) => new()
    {
        Id = run.Id,
        Name = run.Name,
        State = SandboxState.Exited,
        Command = run.Command,
        Host = "detached",
        CreatedAt = run.CreatedAt,
        Ending = run.Ending(),
    };

    /// <summary>Reads what <see cref="Write"/> has written.</summary>
    public static SandboxRow Read(JsonElement row) => new()
    {
        Id = row.GetProperty("id").GetString()!,
        Name = row.GetProperty("name").GetString(),
        State = Enum.Parse<SandboxState>(row.GetProperty("state").GetString()!, ignoreCase: true),
        Command = [.. row.GetProperty("command").EnumerateArray().Select(static word => word.GetString()!)],
        Host = row.GetProperty("host").GetString()!,
        HostPid = (int?)Number(row, "hostPid"),
        Pid = (int?)Number(row, "pid"),
        CreatedAt = row.GetProperty("createdAt").GetDateTimeOffset(),
        StartedAt = row.GetProperty("startedAt") is { ValueKind: JsonValueKind.String } at ? at.GetDateTimeOffset() : null,
        Cpu = row.GetProperty("cpuMs") is { ValueKind: JsonValueKind.Number } cpu ? TimeSpan.FromMilliseconds(cpu.GetDouble()) : null,
        MemoryBytes = Number(row, "memoryBytes"),
        PeakMemoryBytes = Number(row, "peakMemoryBytes"),
        MemoryLimitBytes = Number(row, "memoryLimitBytes"),
    };

    /// <summary>Writes it as members of an object.</summary>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteString("id", Id);
        json.WriteString("name", Name);
        json.WriteString("state", State.ToString().ToLowerInvariant());
        json.WriteStartArray("command");
        foreach (var word in Command)
        {
            json.WriteStringValue(word);
        }

        json.WriteEndArray();
        json.WriteString("host", Host);
        Write(json, "hostPid", HostPid);
        Write(json, "pid", Pid);
        json.WriteString("createdAt", CreatedAt);
        if (StartedAt is { } started)
        {
            json.WriteString("startedAt", started);
        }
        else
        {
            json.WriteNull("startedAt");
        }

        if (Cpu is { } cpu)
        {
            json.WriteNumber("cpuMs", Math.Round(cpu.TotalMilliseconds, 3));
        }
        else
        {
            json.WriteNull("cpuMs");
        }

        Write(json, "memoryBytes", MemoryBytes);
        Write(json, "peakMemoryBytes", PeakMemoryBytes);
        Write(json, "memoryLimitBytes", MemoryLimitBytes);
        Ending?.Write(json);
    }

    private static long? Number(JsonElement row, string name) => row.GetProperty(name) is { ValueKind: JsonValueKind.Number } number ? number.GetInt64() : null;

    private static void Write(Utf8JsonWriter json, string name, long? number)
    {
        if (number is { } value)
        {
            json.WriteNumber(name, value);
        }
        else
        {
            json.WriteNull(name);
        }
    }
}
