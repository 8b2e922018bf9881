using System.Text.Json;
using Sandbox.Text;

namespace Sandbox.Jobs;

/// <summary>Reads, checks and writes a job of several processes.</summary>
internal static class ProcessesForm
{
    /// <summary>How many processes a job may have.</summary>
    public const int MaxProcesses = 32;

    private const int LongestName = 64;

    private static readonly string[] s_members = ["name", "processes", "limits", "pipes"];

    /// <summary>The job; problems are noted, and what cannot be read is left out.</summary>
    public static ProcessesJob? Read(ref JsonCursor json, HostPaths paths)
    {
        if (!json.EnterObject("a job must be a JSON object"))
        {
            return null;
        }

        var job = new ProcessesJob { Processes = [] };
        while (json.NextMember(s_members) is { } member)
        {
            job = member switch
            {
                "name" => job with { Name = json.Text("must be a string") },
                "limits" => job with { Limits = PipeForm.Limits(ref json) },
                "pipes" => job with { Pipes = PipeForm.Pipes(ref json) },
                _ => job with { Processes = Processes(ref json, paths) },
            };
        }

        return job;
    }

    /// <summary>Notes every problem of the job, each with its place.</summary>
    public static void Check(ProcessesJob job, ProblemList problems)
    {
        if (job.Processes is null or { Count: 0 or > MaxProcesses })
        {
            problems.Add("/processes", $"must have 1 to {MaxProcesses} processes");
            return;
        }

        CheckEach(job.Processes, "", problems);
        CheckPipes([.. job.Processes.Select(static process => (process, process.Pointer))], problems);
        PipeForm.Check(job, [.. job.Processes.SelectMany(static process => EndsOf(process.Job)).Select(static end => end.Pipe).OfType<string>().Distinct(StringComparer.Ordinal)], problems);
    }

    /// <summary>Notes every problem that each of them has by itself.</summary>
    /// <param name="processes">The processes.</param>
    /// <param name="pointer">The place of what has them.</param>
    /// <param name="problems">Where to.</param>
    public static void CheckEach(IReadOnlyList<JobProcess> processes, string pointer, ProblemList problems)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var process in processes)
        {
            problems.Prefix = pointer;
            CheckName(process.Name, names, problems);
            problems.Prefix = pointer + process.Pointer;
            JobValidator.CheckPart(process.Job, problems);
        }

        problems.Prefix = "";
    }

    /// <summary>Notes the pipes of a job that has no other process to be connected with.</summary>
    public static void RefuseAlone(JobSpec job, ProblemList problems)
    {
        foreach (var end in EndsOf(job))
        {
            problems.Add(end.Pointer, "a pipe is between the \"processes\" of one job, and this is a job of one");
        }
    }

    /// <summary>The ends of pipes that a process has.</summary>
    public static IEnumerable<PipeEnd> EndsOf(JobSpec job)
    {
        if (job.Stdin is PipeStdin { Pipe: var input })
        {
            yield return new("/stdin/pipe", 0, input, false);
        }

        if (job.Stdout is PipeOutput { Pipe: var output })
        {
            yield return new("/stdout/pipe", 1, output, true);
        }

        if (job.Stderr is PipeOutput { Pipe: var errors })
        {
            yield return new("/stderr/pipe", 2, errors, true);
        }

        foreach (var descriptor in job.Descriptors ?? [])
        {
            yield return new(DescriptorRules.PointerOf(descriptor) + "/pipe", descriptor.Number, descriptor.Pipe, descriptor.Write);
        }
    }

    /// <summary>Writes the object of a valid job.</summary>
    public static void WriteObject(Utf8JsonWriter json, ProcessesJob job)
    {
        json.WriteStartObject();
        if (job.Name is { } name)
        {
            json.WriteString("name", name);
        }

        WriteProcesses(json, job.Processes);
        PipeForm.Write(json, job);
        json.WriteEndObject();
    }

    /// <summary>Writes the member that has the processes.</summary>
    public static void WriteProcesses(Utf8JsonWriter json, IReadOnlyList<JobProcess> processes)
    {
        json.WriteStartObject("processes");
        foreach (var process in processes)
        {
            json.WritePropertyName(process.Name);
            JobWriter.WriteObject(json, process.Job);
        }

        json.WriteEndObject();
    }

    /// <summary>Writes what became of the job.</summary>
    public static void Write(Utf8JsonWriter json, ProcessesResult result)
    {
        json.WriteStartObject();
        json.WriteString("schema", "sandbox.result/1");
        json.WriteString("name", result.Name);
        json.WriteString("verdict", ResultWriter.VerdictName(result.Verdict));
        json.WriteString("message", result.Message);
        json.WriteString("culprit", result.Culprit);
        WriteResults(json, result.Processes, withProof: true);
        PipeForm.Write(json, result.Pipes);
        json.WriteEndObject();
    }

    /// <summary>Writes the member that has what became of processes.</summary>
    /// <param name="json">Where to.</param>
    /// <param name="processes">The results.</param>
    /// <param name="withProof">What held their limits is told; of a process that the sandbox failed it always is.</param>
    public static void WriteResults(Utf8JsonWriter json, IReadOnlyList<ProcessResult> processes, bool withProof)
    {
        json.WriteStartObject("processes");
        foreach (var process in processes)
        {
            json.WritePropertyName(process.Name);
            ResultWriter.Write(json, process.Result, withProof || process.Result.Error is not null);
        }

        json.WriteEndObject();
    }

    /// <summary>Reads the member that has processes.</summary>
    public static List<JobProcess> Processes(ref JsonCursor json, HostPaths paths)
    {
        var processes = new List<JobProcess>();
        if (!json.EnterObject("must be an object: { NAME: { \"command\": … }, … }"))
        {
            return processes;
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (json.NextKey(seen) is { } name)
        {
            if (JobReader.ReadJob(ref json, paths) is { } job)
            {
                processes.Add(new() { Name = name, Job = job });
            }
        }

        return processes;
    }

    private static void CheckName(string name, HashSet<string> names, ProblemList problems)
    {
        if (name.Length is 0 or > LongestName || !name.All(static letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.'))
        {
            problems.Add("/processes/" + JsonPointer.Escape(name), $"the name of a process must be 1 to {LongestName} letters, digits, \"-\", \"_\" and \".\"");
        }
        else if (!names.Add(name))
        {
            problems.Add("/processes/" + name, "is the name of another process, too");
        }
    }

    /// <summary>Notes every pipe that has not exactly one writer and one reader, so that the end of one is what the other sees, and who broke a pipe is one process.</summary>
    /// <param name="processes">All processes, each with its place.</param>
    /// <param name="problems">Where to.</param>
    public static void CheckPipes(IReadOnlyList<(JobProcess Process, string Pointer)> processes, ProblemList problems)
    {
        var ends = processes.SelectMany(static one => EndsOf(one.Process.Job).Select(end => (one.Process.Name, Pointer: one.Pointer + end.Pointer, end.Pipe, end.Writes))).ToList();
        foreach (var end in ends)
        {
            if (string.IsNullOrEmpty(end.Pipe))
            {
                problems.Add(end.Pointer, "must be the name of a pipe");
                continue;
            }

            var first = ends.First(other => other.Pipe == end.Pipe && other.Writes == end.Writes);
            if (first.Pointer != end.Pointer)
            {
                problems.Add(end.Pointer, $"\"{end.Pipe}\" has somebody who {(end.Writes ? "writes" : "reads")} already: {first.Pointer}");
            }

            var peers = ends.Where(other => other.Pipe == end.Pipe && other.Writes != end.Writes).ToList();
            if (peers.Count == 0)
            {
                problems.Add(end.Pointer, $"nobody {(end.Writes ? "reads" : "writes")} the pipe \"{end.Pipe}\"", Suggestions.For(end.Pipe, [.. ends.Where(other => other.Writes != end.Writes).Select(static other => other.Pipe)]));
            }
            else if (peers.All(peer => peer.Name == end.Name))
            {
                problems.Add(end.Pointer, "must connect two processes, not one with itself");
            }
        }
    }
}

/// <summary>An end of a pipe that a process has.</summary>
/// <param name="Pointer">Its place in the process's job.</param>
/// <param name="Descriptor">Its number in the process.</param>
/// <param name="Pipe">What the pipe is called.</param>
/// <param name="Writes">The process writes it, and otherwise reads.</param>
internal readonly record struct PipeEnd(string Pointer, int Descriptor, string Pipe, bool Writes);
