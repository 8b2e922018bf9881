using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using Sandbox.Hashing;
using Sandbox.Text;

namespace Sandbox.Jobs;

/// <summary>
/// Writes a job as job.json, the reverse of <see cref="JobReader"/>: only what differs from the defaults, in the
/// order in which the file format is documented. What is read back equals what was written.
/// </summary>
internal static class JobWriter
{
    private static readonly JobSpec s_defaults = new() { Command = [] };

    /// <summary>Writes a valid job as indented UTF-8 JSON with a final line end.</summary>
    public static void Write(IBufferWriter<byte> to, JobDocument job)
    {
        // Relaxed: it is a file for programs and people, not text within HTML. Control characters stay escaped.
        var options = new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
        using (var json = new Utf8JsonWriter(to, options))
        {
            switch (job)
            {
                case ProcessesJob processes:
                    ProcessesForm.WriteObject(json, processes);
                    break;
                case StepsJob steps:
                    StepsWriter.WriteObject(json, steps);
                    break;
                default:
                    WriteObject(json, (JobSpec)job);
                    break;
            }
        }

        to.Write("\n"u8);
    }

    /// <summary>Writes its object, which may be one process of another job.</summary>
    public static void WriteObject(Utf8JsonWriter json, JobSpec job)
    {
        json.WriteStartObject();
        WriteIdentity(json, job);
        WriteFileSystem(json, job);
        WriteStreams(json, job);
        WriteRules(json, job);
        json.WriteEndObject();
    }

    private static void WritePipe(Utf8JsonWriter json, string stream, string pipe)
    {
        json.WriteStartObject(stream);
        json.WriteString("pipe", pipe);
        json.WriteEndObject();
    }

    private static void WriteIdentity(Utf8JsonWriter json, JobSpec job)
    {
        WriteText(json, "name", job.Name, null);
        WriteTexts(json, "command", job.Command);
        WriteText(json, "workingDirectory", job.WorkingDirectory, null);
        if (job.Env.Count > 0)
        {
            json.WriteStartObject("env");
            foreach (var (name, value) in job.Env)
            {
                json.WriteString(name, value);
            }

            json.WriteEndObject();
        }

        WriteText(json, "hostname", job.Hostname, s_defaults.Hostname);
        WriteText(json, "domainname", job.Domainname, null);
        WriteUser(json, job.User);
    }

    private static void WriteUser(Utf8JsonWriter json, JobUser? user)
    {
        if (user is null)
        {
            return;
        }

        if (user is { Uid: 0, Gid: 0 })
        {
            json.WriteString("user", "root");
            return;
        }

        json.WriteStartObject("user");
        json.WriteNumber("uid", user.Uid);
        json.WriteNumber("gid", user.Gid);
        json.WriteEndObject();
    }

    private static void WriteFileSystem(Utf8JsonWriter json, JobSpec job)
    {
        RootfsForm.Write(json, job.Rootfs);
        MountWriter.WriteMounts(json, job.Mounts);
        WriteFiles(json, job.Files);
    }

    /// <summary>Writes <c>files</c>, unless there are none.</summary>
    public static void WriteFiles(Utf8JsonWriter json, IReadOnlyList<InjectedFile> files)
    {
        if (files.Count == 0)
        {
            return;
        }

        json.WriteStartObject("files");
        foreach (var file in files)
        {
            json.WriteStartObject(file.Path);
            WriteContent(json, file.Content);
            if (file.Mode != InjectedFile.DefaultMode)
            {
                json.WriteString("mode", "0" + Convert.ToString(file.Mode, 8).PadLeft(3, '0'));
            }

            if (file.ReadOnly != file.Content is StoredContent)
            {
                json.WriteBoolean("readOnly", file.ReadOnly);
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    /// <summary>Writes the member that says where bytes come from.</summary>
    public static void WriteContent(Utf8JsonWriter json, Content content)
    {
        if (content is FileContent file)
        {
            json.WriteString("from", file.Path);
            return;
        }

        if (content is StoredContent stored)
        {
            json.WriteString("from", ObjectName.Prefix + stored.Sha256);
            return;
        }

        var bytes = ((InlineContent)content).Bytes.Span;
        if (Utf8.IsValid(bytes))
        {
            json.WriteString("text", bytes);
            return;
        }

        json.WriteBase64String("base64", bytes);
    }

    private static void WriteStreams(Utf8JsonWriter json, JobSpec job)
    {
        switch (job.Stdin)
        {
            case InheritStdin:
                json.WriteString("stdin", "inherit");
                break;
            case PipeStdin { Pipe: var pipe }:
                WritePipe(json, "stdin", pipe);
                break;
            case LiveStdin:
                throw NoForm("stdin");
            case ContentStdin given:
                json.WriteStartObject("stdin");
                WriteContent(json, given.Content);
                json.WriteEndObject();
                break;
        }

        WriteStream(json, "stdout", job.Stdout);
        WriteStream(json, "stderr", job.Stderr);
        DescriptorRules.Write(json, job.Descriptors);
        if (job.Terminal)
        {
            json.WriteBoolean("terminal", true);
        }

        if (job.Start != StartDetails.Usual)
        {
            throw NoForm("start", "has no form in a job file");
        }

        WriteOutputs(json, job.Outputs);
        WriteDiff(json, job.Diff);
    }

    private static InvalidJobException NoForm(string place, string why = "is live, which has no form in a job file") => new([new JobProblem { Pointer = "/" + place, Message = why }]);

    private static void WriteStream(Utf8JsonWriter json, string name, OutputStream stream)
    {
        switch (stream)
        {
            case InheritStream:
                json.WriteString(name, "inherit");
                break;
            case PipeOutput { Pipe: var pipe }:
                WritePipe(json, name, pipe);
                break;
            case LiveStream:
                throw NoForm(name);
            case DiscardStream:
                json.WriteString(name, "discard");
                break;
            case MergedStream:
                json.WriteString(name, "stdout");
                break;
            case FileOutput file:
                json.WriteStartObject(name);
                json.WriteString("to", file.Path);
                json.WriteEndObject();
                break;
        }
    }

    private static void WriteOutputs(Utf8JsonWriter json, IReadOnlyList<OutputSpec> outputs)
    {
        if (outputs.Count == 0)
        {
            return;
        }

        var defaults = new OutputSpec { Path = "", To = "" };
        json.WriteStartArray("outputs");
        foreach (var output in outputs)
        {
            json.WriteStartObject();
            json.WriteString("path", output.Path);
            json.WriteString("to", output.To != OutputSpec.Memory ? output.To : throw NoForm("outputs", "come with the result, which has no form in a job file"));
            if (output.MaxSizeBytes != defaults.MaxSizeBytes)
            {
                json.WriteString("maxSize", Quantity.SizeWord(output.MaxSizeBytes));
            }

            MountWriter.WriteTrue(json, "optional", output.Optional);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteDiff(Utf8JsonWriter json, DiffSpec? diff)
    {
        if (diff?.To is not { } to)
        {
            MountWriter.WriteTrue(json, "diff", diff is not null);
            return;
        }

        json.WriteStartObject("diff");
        json.WriteString("to", to);
        json.WriteEndObject();
    }

    private static void WriteRules(Utf8JsonWriter json, JobSpec job)
    {
        LimitTable.Write(json, job.Limits);
        WriteChoice(json, "onOutputLimit", (int)job.OnOutputLimit, FieldReaders.OutputActions);
        NetworkForm.Write(json, job.Network);
        IpcForm.Write(json, job.Ipc);
        PortForm.Write(json, job.Ports);
        SystemForm.Write(json, job);
        switch (job.Seccomp)
        {
            case InlinePolicy inline:
                json.WritePropertyName("seccomp");
                json.WriteRawValue(inline.Json.Span, skipInputValidation: true);
                break;
            case PolicyFile file:
                json.WriteString("seccomp", file.Path);
                break;
            case NamedPolicy named:
                WriteText(json, "seccomp", named.Name, ((NamedPolicy)s_defaults.Seccomp).Name);
                break;
        }

        WriteTexts(json, "capabilities", CapabilityNames.Of(job.Capabilities));
        MountWriter.WriteTrue(json, "subids", job.SubIds);
        WriteTexts(json, "devices", job.Devices);
        WriteChoice(json, "proc", (int)job.Proc, FieldReaders.ProcViews);
        WriteChoice(json, "sys", (int)job.Sys, FieldReaders.SysViews);
        WriteChoice(json, "isolation", (int)job.Isolation, FieldReaders.Isolations);
        WriteText(json, "cpuset", job.Cpuset, null);
        WriteTexts(json, "require", [.. job.Require.Select(limit => LimitTable.NameOf(limit)!)]);
        WriteText(json, "traceparent", job.Traceparent, null);
    }

    private static void WriteTexts(Utf8JsonWriter json, string name, IReadOnlyList<string> texts)
    {
        if (texts.Count > 0)
        {
            ResultWriter.WriteTexts(json, name, texts);
        }
    }

    private static void WriteText(Utf8JsonWriter json, string name, string? text, string? usual)
    {
        if (text is not null && text != usual)
        {
            json.WriteString(name, text);
        }
    }

    // The first name of every set is the default.
    private static void WriteChoice(Utf8JsonWriter json, string name, int choice, string[] names)
    {
        if (choice != 0)
        {
            json.WriteString(name, names[choice]);
        }
    }
}
