using System.Text;
using System.Text.Json;
using Sandbox.Server.Jobs;

namespace Sandbox.Server.Fronts.Piston;

/// <summary>What became of one stage, in the words of Piston.</summary>
internal sealed record PistonStage
{
    private const string Kill = "SIGKILL";

    public string Stdout { get; init; } = "";

    public string Stderr { get; init; } = "";

    public string Output { get; init; } = "";

    public int? Code { get; init; }

    public string? Signal { get; init; }

    public string? Message { get; init; }

    public string? Status { get; init; }

    public double CpuMs { get; init; }

    public double WallMs { get; init; }

    public long Memory { get; init; }

    /// <summary>Of a job's result.</summary>
    /// <param name="result">The result.</param>
    /// <param name="job">Has heard what it wrote, in order.</param>
    public static PistonStage Of(JobResult result, ServerJob job)
    {
        var (stdout, stderr) = (Text(result.Stdout), Text(result.Stderr));
        var stage = new PistonStage
        {
            Stdout = stdout,
            Stderr = stderr,
            Output = Heard(job, result.Stdout.Bytes + result.Stderr.Bytes) ?? stdout + stderr,
            CpuMs = result.Time.Cpu.TotalMilliseconds,
            WallMs = result.Time.Wall.TotalMilliseconds,
            Memory = result.Memory.PeakBytes,
        };
        return result.Verdict switch
        {
            Verdict.Ok or Verdict.OutputError => stage with { Code = 0 },
            Verdict.ExitCode => stage with { Code = result.ExitCode, Status = "RE", Message = $"Exited with error status {result.ExitCode}" },
            Verdict.CpuTimeLimit => stage with { Signal = Kill, Status = "TO", Message = "Time limit exceeded" },
            Verdict.WallTimeLimit or Verdict.IdleLimit => stage with { Signal = Kill, Status = "TO", Message = "Time limit exceeded (wall clock)" },
            Verdict.OutputLimit when result.Stdout.Truncated => stage with { Signal = Kill, Status = "OL", Message = "stdout length exceeded" },
            Verdict.OutputLimit => stage with { Signal = Kill, Status = "EL", Message = "stderr length exceeded" },
            Verdict.MemoryLimit or Verdict.DiskLimit or Verdict.Cancelled => stage with { Signal = Kill, Status = "SG", Message = "Caught fatal signal 9" },
            Verdict.Signal or Verdict.FileSizeLimit or Verdict.PolicyViolation => Signalled(stage, result.Signal ?? (result.Verdict == Verdict.PolicyViolation ? "SIGSYS" : "SIGXFSZ")),
            _ => stage with { Status = "XX", Message = result.Message },
        };
    }

    /// <summary>Writes it.</summary>
    public void Write(Utf8JsonWriter json, string name)
    {
        json.WriteStartObject(name);
        json.WriteString("signal", Signal);
        json.WriteString("stdout", Stdout);
        json.WriteString("stderr", Stderr);
        if (Code is { } code)
        {
            json.WriteNumber("code", code);
        }
        else
        {
            json.WriteNull("code");
        }

        json.WriteString("output", Output);
        json.WriteNumber("memory", Memory);
        json.WriteString("message", Message);
        json.WriteString("status", Status);
        json.WriteNumber("cpu_time", Math.Round(CpuMs, 3));
        json.WriteNumber("wall_time", Math.Round(WallMs, 3));
        json.WriteEndObject();
    }

    private static PistonStage Signalled(PistonStage stage, string signal) => stage with { Signal = signal, Status = "SG", Message = $"Caught fatal signal {Signals.NumberOf(signal)}" };

    // Null where it is not all there any more.
    private static string? Heard(ServerJob job, long written)
    {
        var heard = new List<ReadOnlyMemory<byte>>();
        long told = 0, after = 0, bytes = 0;
        while (job.Feed.Read(after, ref told, out _) is { Entries.Count: > 0 } batch)
        {
            if (batch.Gap is not null)
            {
                return null;
            }

            after = batch.Entries[^1].Id;
            foreach (var entry in batch.Entries.Where(static entry => entry.Kind is FeedKind.Stdout or FeedKind.Stderr))
            {
                heard.Add(entry.Bytes);
                bytes += entry.Bytes.Length;
            }
        }

        return bytes > written ? null : string.Concat(heard.Select(static piece => Encoding.UTF8.GetString(piece.Span)));
    }

    private static string Text(StreamResult stream) => Encoding.UTF8.GetString((stream.Content ?? ReadOnlyMemory<byte>.Empty).Span);
}
