using System.Text.Json;

namespace Sandbox.Jobs;

/// <summary>
/// Reads the object that is a job. What cannot be read is noted as a problem and its default stands in,
/// so that one mistake does not hide the next.
/// </summary>
internal static class JobReader
{
    public static readonly JsonReaderOptions Options = new()
    {
        AllowTrailingCommas = true,
        CommentHandling = JsonCommentHandling.Skip,
    };

    private static readonly string[] s_noCommand = [""];

    private delegate T? Reading<out T>(ref JsonCursor json, HostPaths paths);

    /// <summary>A job in one sandbox; null when the file is no JSON object at all or breaks off.</summary>
    public static JobSpec? Read(ReadOnlySpan<byte> utf8, HostPaths paths, ProblemList problems) => Read<JobSpec>(utf8, paths, problems, ReadJob);

    /// <summary>A job of any form; otherwise as <see cref="Read(ReadOnlySpan{byte}, HostPaths, ProblemList)"/>.</summary>
    public static JobDocument? ReadDocument(ReadOnlySpan<byte> utf8, HostPaths paths, ProblemList problems) => Read<JobDocument>(utf8, paths, problems, ReadAny);

    private static JobDocument? ReadAny(ref JsonCursor json, HostPaths paths) =>
        json.Has("processes") ? ProcessesForm.Read(ref json, paths) : json.Has("steps") ? StepsForm.Read(ref json, paths) : ReadJob(ref json, paths);

    private static T? Read<T>(ReadOnlySpan<byte> utf8, HostPaths paths, ProblemList problems, Reading<T> read)
        where T : JobDocument
    {
        var json = new JsonCursor(utf8, Options, problems);
        try
        {
            json.Read();
            var spec = read(ref json, paths);
            json.Read();
            return spec;
        }
        catch (JsonException exception)
        {
            var offset = Positions.Offset(utf8, exception.LineNumber ?? 0, exception.BytePositionInLine ?? 0);
            AddSyntaxProblem(utf8, offset, problems);
            return null;
        }
    }

    /// <summary>The job that the cursor is at, which may be one process of another.</summary>
    public static JobSpec? ReadJob(ref JsonCursor json, HostPaths paths)
    {
        var start = json.Offset;
        if (!json.EnterObject("a job must be a JSON object"))
        {
            return null;
        }

        var spec = new JobSpec { Command = s_noCommand, Limits = paths.Limits };
        while (json.NextMember(Members.Job) is { } member)
        {
            spec = ReadIdentity(ref json, member, spec) ??
                ReadFiles(ref json, member, spec, paths) ??
                SystemForm.Read(ref json, member, spec) ??
                ReadRules(ref json, member, spec, paths);
        }

        // An image may say what to run.
        if (spec.Rootfs is ImageRootfs && ReferenceEquals(spec.Command, s_noCommand))
        {
            return spec with { Command = [] };
        }

        json.RequireMember("command", !ReferenceEquals(spec.Command, s_noCommand), start);
        return spec;
    }

    private static JobSpec? ReadIdentity(ref JsonCursor json, string member, JobSpec spec) => member switch
    {
        "name" => spec with { Name = json.Text("must be a string") },
        "command" => spec with { Command = FieldReaders.Texts(ref json, "must be a list of words, such as [\"python3\", \"main.py\"]") },
        "workingDirectory" => spec with { WorkingDirectory = FieldReaders.InsidePath(ref json) ?? spec.WorkingDirectory },
        "env" => spec with { Env = FieldReaders.Env(ref json) },
        "hostname" => spec with { Hostname = json.Text("must be a string") ?? spec.Hostname },
        "user" => spec with { User = FieldReaders.User(ref json) ?? spec.User },
        "traceparent" => spec with { Traceparent = json.Text("must be a string") },
        _ => null,
    };

    private static JobSpec? ReadFiles(ref JsonCursor json, string member, JobSpec spec, HostPaths paths) => member switch
    {
        "rootfs" => spec with { Rootfs = RootfsForm.Read(ref json, paths) ?? spec.Rootfs },
        "mounts" => spec with { Mounts = MountReader.Mounts(ref json, paths) },
        "files" => spec with { Files = FileReader.Files(ref json, paths) },
        "outputs" => spec with { Outputs = FileReader.Outputs(ref json, paths) },
        "diff" => spec with { Diff = DiffReader.Read(ref json, paths) },
        "stdin" => spec with { Stdin = StreamReaders.Stdin(ref json, paths) ?? spec.Stdin },
        "stdout" => spec with { Stdout = StreamReaders.Stdout(ref json, paths) ?? spec.Stdout },
        "stderr" => spec with { Stderr = StreamReaders.Stderr(ref json, paths) ?? spec.Stderr },
        "descriptors" => spec with { Descriptors = StreamReaders.Descriptors(ref json) },
        "terminal" => spec with { Terminal = json.Boolean() ?? false },
        _ => null,
    };

    private static JobSpec ReadRules(ref JsonCursor json, string member, JobSpec spec, HostPaths paths)
    {
        switch (member)
        {
            case "limits":
                return spec with { Limits = LimitTable.Read(ref json, paths.Limits) };
            case "onOutputLimit":
                return spec with { OnOutputLimit = FieldReaders.OnOutputLimit(ref json) };
            case "network":
                return spec with { Network = NetworkForm.Read(ref json) };
            case "ipc":
                return spec with { Ipc = IpcForm.Read(ref json) };
            case "ports":
                return spec with { Ports = PortForm.Read(ref json) };
            case "seccomp":
                return spec with { Seccomp = FieldReaders.Seccomp(ref json, paths) ?? spec.Seccomp };
            case "proc":
                return spec with { Proc = FieldReaders.Proc(ref json) };
            case "sys":
                return spec with { Sys = FieldReaders.Sys(ref json) };
            case "isolation":
                return spec with { Isolation = FieldReaders.Isolation(ref json) };
            case "require":
                return spec with { Require = FieldReaders.Require(ref json) };
            case "cpuset":
                return spec with { Cpuset = json.Text("must be a list of processors such as \"0-1\"") };
            case "subids":
                return spec with { SubIds = json.Boolean() ?? false };
            case "devices":
                return spec with { Devices = FieldReaders.Texts(ref json, "must be a list of paths, such as [\"/dev/kvm\"]") };
            default:
                return spec with { Capabilities = FieldReaders.Capabilities(ref json) };
        }
    }

    private static void AddSyntaxProblem(ReadOnlySpan<byte> utf8, long offset, ProblemList problems)
    {
        if (utf8.Trim(" \t\r\n"u8).IsEmpty)
        {
            problems.Add("", "the job is empty", null, 0);
            return;
        }

        if (offset >= utf8.Length)
        {
            problems.Add("", "the JSON breaks off here", null, offset);
            return;
        }

        var unit = utf8[(int)offset];
        var text = unit is > 0x20 and < 0x7F ? $"not valid JSON at \"{(char)unit}\"" : "not valid JSON here";
        problems.Add("", text + Advice(utf8, unit), null, offset);
    }

    // Where other notations lead to; the first letter that is wrong tells which.
    private static string Advice(ReadOnlySpan<byte> utf8, byte unit) => unit switch
    {
        _ when utf8.TrimStart(" \t\r\n"u8)[0] is not ((byte)'{' or (byte)'[' or (byte)'/') => ": a job is a JSON object, such as { \"command\": [\"ls\", \"-l\"] }",
        (byte)'\'' or (byte)'_' or (>= (byte)'a' and <= (byte)'z') or (>= (byte)'A' and <= (byte)'Z') => ": names and texts are in double quotes",
        (byte)'#' => ": comments begin with //",
        _ => "",
    };
}
