using System.Text.Json;
using Sandbox.Text;

namespace Sandbox.Jobs;

/// <summary>Reads, checks and writes what the processes of a job have together: limits, and what is special about their pipes.</summary>
internal static class PipeForm
{
    /// <summary>What transcripts may take, each and together.</summary>
    private const long MostOfOne = 16 << 20;
    private const long MostOfAll = 64 << 20;

    private static readonly string[] s_limits = ["wallTime", "output"];

    private static readonly string[] s_pipe = ["relay", "limit", "transcript"];

    /// <summary>Reads <c>limits</c> of all processes together.</summary>
    public static ProcessesLimits Limits(ref JsonCursor json)
    {
        var limits = new ProcessesLimits();
        if (!json.EnterObject("must be an object such as { \"wallTime\": \"10s\" }"))
        {
            return limits;
        }

        while (json.NextMember(s_limits) is { } member)
        {
            // As each process has them, so that the same words mean the same.
            var read = LimitTable.Find(member)!.Read(ref json, new() { WallTime = null, OutputBytes = null });
            limits = member == "wallTime" ? limits with { WallTime = read.WallTime } : limits with { OutputBytes = read.OutputBytes };
        }

        return limits;
    }

    /// <summary>Reads <c>pipes</c>.</summary>
    public static List<JobPipe> Pipes(ref JsonCursor json)
    {
        var pipes = new List<JobPipe>();
        if (!json.EnterObject("must be an object such as { \"x\": { \"transcript\": \"64KiB\" } }"))
        {
            return pipes;
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (json.NextKey(seen) is { } name)
        {
            if (!json.EnterObject("must be an object such as { \"relay\": true }"))
            {
                continue;
            }

            var pipe = new JobPipe { Name = name };
            while (json.NextMember(s_pipe) is { } member)
            {
                pipe = member switch
                {
                    "relay" => pipe with { Relay = json.Boolean() ?? false },
                    "limit" => pipe with { LimitBytes = FieldReaders.Size(ref json) },
                    _ => pipe with { TranscriptBytes = FieldReaders.Size(ref json) ?? 0 },
                };
            }

            pipes.Add(pipe);
        }

        return pipes;
    }

    /// <summary>Notes every problem of them.</summary>
    /// <param name="job">The job.</param>
    /// <param name="names">The pipes that its processes have.</param>
    /// <param name="problems">Where to.</param>
    public static void Check(ProcessesJob job, IReadOnlyCollection<string> names, ProblemList problems)
    {
        CheckLimits(job.Limits, problems);
        if (job.Pipes is null)
        {
            problems.Add("/pipes", "must not be null");
            return;
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var pipe in job.Pipes)
        {
            var pointer = "/pipes/" + JsonPointer.Escape(pipe.Name);
            if (!names.Contains(pipe.Name))
            {
                problems.Add(pointer, "no process has a pipe of this name", Suggestions.For(pipe.Name, [.. names]));
            }
            else if (!seen.Add(pipe.Name))
            {
                problems.Add(pointer, "is there already");
            }

            if (pipe.LimitBytes < 1)
            {
                problems.Add(pointer + "/limit", "must be at least 1 byte");
            }

            if (pipe.TranscriptBytes is < 0 or > MostOfOne)
            {
                problems.Add(pointer + "/transcript", $"must be at most {Quantity.SizeText(MostOfOne)}");
            }
        }

        if (job.Pipes.Sum(static pipe => Math.Clamp(pipe.TranscriptBytes, 0, MostOfOne)) > MostOfAll)
        {
            problems.Add("/pipes", $"the transcripts must be at most {Quantity.SizeText(MostOfAll)} together");
        }
    }

    /// <summary>Writes the members, as far as they say something.</summary>
    public static void Write(Utf8JsonWriter json, ProcessesJob job)
    {
        if (job.Limits is not { WallTime: null, OutputBytes: null })
        {
            json.WriteStartObject("limits");
            if (job.Limits.WallTime is { } time)
            {
                json.WriteString("wallTime", Quantity.DurationWord(time));
            }

            if (job.Limits.OutputBytes is { } bytes)
            {
                json.WriteString("output", Quantity.SizeWord(bytes));
            }

            json.WriteEndObject();
        }

        if (job.Pipes.Count == 0)
        {
            return;
        }

        json.WriteStartObject("pipes");
        foreach (var pipe in job.Pipes)
        {
            json.WriteStartObject(pipe.Name);
            MountWriter.WriteTrue(json, "relay", pipe.Relay);
            if (pipe.LimitBytes is { } limit)
            {
                json.WriteString("limit", Quantity.SizeWord(limit));
            }

            if (pipe.TranscriptBytes > 0)
            {
                json.WriteString("transcript", Quantity.SizeWord(pipe.TranscriptBytes));
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    /// <summary>Writes what went through the pipes that were relayed, if any was.</summary>
    public static void Write(Utf8JsonWriter json, IReadOnlyList<PipeResult> pipes)
    {
        if (pipes.Count == 0)
        {
            return;
        }

        json.WriteStartObject("pipes");
        foreach (var pipe in pipes)
        {
            json.WriteStartObject(pipe.Name);
            json.WriteString("from", pipe.From);
            json.WriteString("to", pipe.To);
            json.WriteNumber("bytes", pipe.Bytes);
            json.WriteString("closedBy", pipe.ClosedBy);
            if (pipe.Transcript.Count > 0 || pipe.Truncated)
            {
                WriteTranscript(json, pipe);
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void WriteTranscript(Utf8JsonWriter json, PipeResult pipe)
    {
        json.WriteStartArray("transcript");
        foreach (var piece in pipe.Transcript)
        {
            json.WriteStartObject();
            json.WriteMilliseconds("ms", piece.At);
            CapturedContent.Write(json, piece.Content.Span, truncated: false);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteBoolean("truncated", pipe.Truncated);
    }

    private static void CheckLimits(ProcessesLimits? limits, ProblemList problems)
    {
        if (limits is null)
        {
            problems.Add("/limits", "must not be null");
            return;
        }

        if (limits.WallTime <= TimeSpan.Zero)
        {
            problems.Add("/limits/wallTime", "must be more than nothing; \"none\" lifts the limit");
        }

        if (limits.OutputBytes < 0)
        {
            problems.Add("/limits/output", "must not be negative; \"none\" lifts the limit");
        }
    }
}
