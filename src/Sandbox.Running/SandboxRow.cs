using System.Text.Json;

namespace Sandbox.Running;

/// <summary>Where a row of the list stands.</summary>
internal enum RowState
{
    /// <summary>It waits in the queue of a server.</summary>
    Queued,

    /// <inheritdoc cref="SandboxState.Created"/>
    Created,

    /// <inheritdoc cref="SandboxState.Running"/>
    Running,

    /// <inheritdoc cref="SandboxState.Paused"/>
    Paused,

    /// <inheritdoc cref="SandboxState.Exited"/>
    Exited,

    /// <summary>The process that had it was killed, and the kernel has ended the job; how, nobody knows.</summary>
    Lost,

    /// <summary>The process that has it does not answer.</summary>
    Unknown,
}

/// <summary>What a host tells of one of its sandboxes, and <c>sandbox ps</c> of all.</summary>
internal sealed record SandboxRow
{
    // Commands may be as long as the kernel takes them; the list of a server has thousands. "inspect" tells all of it.
    private const int LongestCommand = 1024;

    /// <summary>The name that no other run has; null where the process that knows it does not answer.</summary>
    public required string? Id { get; init; }

    /// <summary>The job's name; null for none.</summary>
    public string? Name { get; init; }

    /// <summary>Where it stands.</summary>
    public required RowState State { get; init; }

    /// <summary>How many are before it in the queue; null where it is in none.</summary>
    public int? Position { get; init; }

    /// <summary>For whom a server runs it, if not for this user: the name of a token or certificate, or what the server calls those without.</summary>
    public string? Tenant { get; init; }

    /// <summary>The words of the job's command, cut where they are long; empty where its image has it.</summary>
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
    public static SandboxRow Of(RunningSandbox sandbox, HostedRuns runs)
    {
        var usage = sandbox.Usage;
        return new()
        {
            Id = sandbox.Id,
            Name = sandbox.Job.Name,
            State = sandbox.State switch
            {
                SandboxState.Created => RowState.Created,
                SandboxState.Running => RowState.Running,
                SandboxState.Paused => RowState.Paused,
                _ => RowState.Exited,
            },
            Tenant = runs.Tenant(sandbox),
            Command = Cut(sandbox.Job.Command),
            Host = runs.Host,
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

    /// <summary>Of a job that waits in the queue of this process.</summary>
    public static SandboxRow Of(QueuedRun queued, string host) => new()
    {
        Id = queued.Id,
        Name = queued.Name,
        State = RowState.Queued,
        Position = queued.Position,
        Tenant = queued.Tenant,
        Command = Cut(queued.Command),
        Host = host,
        HostPid = Environment.ProcessId,
        CreatedAt = queued.QueuedAt,
    };

    /// <summary>Of a detached run whose process is gone, or is about to go.</summary>
    public static SandboxRow Of(KeptRun run)
    {
        // In this order: whoever holds it writes the ending before it lets go.
        var isHeld = run.IsHeld;
        var ending = run.Ending();
        return new()
        {
            Id = run.Id,
            Name = run.Name,
            State = ending is null && !isHeld ? RowState.Lost : RowState.Exited,
            Command = Cut(run.Command),
            Host = "detached",
            CreatedAt = run.CreatedAt,
            Ending = ending,
        };
    }

    /// <summary>Of whatever a process has that does not answer.</summary>
    /// <param name="pid">The process.</param>
    /// <param name="run">What it has, if it is a detached run; null where nobody knows.</param>
    public static SandboxRow OfSilent(int pid, KeptRun? run) => new()
    {
        Id = run?.Id,
        Name = run?.Name,
        State = RowState.Unknown,
        Command = run is null ? [] : Cut(run.Command),
        Host = run is null ? "unknown" : "detached",
        HostPid = pid,
        CreatedAt = run?.CreatedAt ?? TimeProvider.System.GetUtcNow(),
    };

    /// <summary>Reads what <see cref="Write"/> has written.</summary>
    public static SandboxRow Read(JsonElement row) => new()
    {
        Id = row.GetProperty("id").GetString()!,
        Name = row.GetProperty("name").GetString(),
        State = Enum.TryParse<RowState>(row.GetProperty("state").GetString(), ignoreCase: true, out var state) ? state : RowState.Unknown,
        Position = (int?)Number(row, "position"),
        Tenant = row.GetProperty("tenant").GetString(),
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
        Write(json, "position", Position);
        json.WriteString("tenant", Tenant);
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

    private static List<string> Cut(IReadOnlyList<string> command)
    {
        var words = new List<string>();
        var left = LongestCommand;
        foreach (var word in command)
        {
            if (word.Length >= left)
            {
                // not in the middle of a surrogate pair
                words.Add(word[..(left - (left > 0 && char.IsHighSurrogate(word[left - 1]) ? 1 : 0))] + "…");
                break;
            }

            words.Add(word);
            left -= word.Length + 1;
        }

        return words;
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
