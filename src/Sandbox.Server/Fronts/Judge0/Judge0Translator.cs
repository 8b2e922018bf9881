using System.Globalization;
using System.Text;
using Sandbox.Server.Settings;

namespace Sandbox.Server.Fronts.Judge0;

/// <summary>Makes the jobs of a submission: one for the compiler, if there is one, and one for each run, each in a sandbox of its own. The program runs under a shell, as there: so most of what kills it is an exit code.</summary>
/// <param name="server">The server's settings.</param>
/// <param name="settings">The operator's, for this API.</param>
internal sealed class Judge0Translator(ServerSettings server, Judge0Settings settings)
{
    /// <summary>Where the files are, and jobs start.</summary>
    public const string Directory = "/box";

    private const string RunScript = "run";
    private const string CompileScript = "compile";
    private const string Shell = "/bin/bash";
    private const string Forbidden = "$&;<>|`";
    private const string UsualPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    private const int FileMode = 0x1A4; // 0644
    private const int CompiledMode = 0x1FF; // 0777
    private const long CompiledBytes = 64L << 20;
    private const int SecondsToDie = 1;

    /// <summary>The network of a submission that asks for one; null where jobs of this server may have none.</summary>
    public Network? Network { get; } = server.Allowed.HasEgress(new EgressNetwork { Allow = ["any"] }) ? Network.Egress("any") : server.Allowed.HostNetwork ? Network.Host : null;

    /// <summary>The job of the compiler; null where there is nothing to compile.</summary>
    /// <param name="submission">The submission.</param>
    /// <param name="offered">Its language.</param>
    /// <exception cref="FormatException">Its archive cannot be read; the message goes on after "the archive".</exception>
    public JobSpec? Compile(Submission submission, OfferedLanguage offered)
    {
        var archive = ArchiveOf(submission, offered);
        var script = CompileScript;
        if (offered.Language.IsMultiFile)
        {
            if (ScriptIn(archive, CompileScript) is not { } found)
            {
                return null;
            }

            script = found;
        }
        else if (offered.Language.Compile is null)
        {
            return null;
        }

        var job = Job(submission, offered, archive, [Shell, script]);
        return job with
        {
            Stderr = OutputStream.Merged,
            Files = offered.Language.IsMultiFile ? job.Files : With(job.Files, CompileScript, offered.Language.Compile!.Replace("%s", Words(submission.CompilerOptions), StringComparison.Ordinal) + "\n"),
            OnOutputLimit = OutputLimitAction.Truncate,
            Limits = job.Limits with
            {
                CpuTime = Seconds(settings.MostCpuTime),
                WallTime = Seconds(settings.MostWallTime),
                MemoryBytes = settings.MostMemory * 1024,
                StackBytes = StackBytes(settings.MostStack),
                Processes = settings.MostProcesses,
                FileSizeBytes = CompiledBytes,
                OutputBytes = settings.MostFileSize * 1024,
                CollectBytes = 2 * CompiledBytes,
            },
            Outputs = [new() { Path = Directory + "/**", To = OutputSpec.Memory, MaxSizeBytes = CompiledBytes, Optional = true }],
        };
    }

    /// <summary>The job of a run.</summary>
    /// <param name="submission">The submission.</param>
    /// <param name="offered">Its language.</param>
    /// <param name="compiled">What the compiler has left; null where there was none.</param>
    /// <exception cref="FormatException">Its archive cannot be read; the message goes on after "the archive".</exception>
    public JobSpec Run(Submission submission, OfferedLanguage offered, JobResult? compiled)
    {
        var archive = ArchiveOf(submission, offered);
        var script = offered.Language.IsMultiFile ? ScriptIn(archive, RunScript) ?? RunScript : RunScript;
        var seconds = Math.Ceiling(submission.CpuTimeLimit + submission.CpuExtraTime);
        string[] command = submission is { IsTimePerProcess: true, CpuTimeLimit: > 0 } ? [Shell, "-c", string.Create(CultureInfo.InvariantCulture, $"ulimit -S -t {seconds}; ulimit -H -t {seconds + SecondsToDie}; exec {Shell} {script}")] : [Shell, script];
        var job = Job(submission, offered, archive, command);
        if (compiled is not null)
        {
            job = job with
            {
                Files = [.. compiled.Outputs.Where(output => offered.Language.IsMultiFile || output.Path != $"{Directory}/{CompileScript}").Select(static output => new InjectedFile { Path = output.Path, Content = Content.Of(output.Content ?? ReadOnlyMemory<byte>.Empty), Mode = CompiledMode })],
            };
        }

        return job with
        {
            Files = offered.Language.IsMultiFile ? job.Files : With(job.Files, RunScript, $"{offered.Language.Run} {Words(submission.CommandLineArguments)}\n"),
            Stdin = submission.Stdin is { Length: > 0 } input ? Stdin.From(Content.Of(input)) : Stdin.Null,
            Stderr = submission.RedirectsStderr ? OutputStream.Merged : OutputStream.Capture,
            Network = submission.HasNetwork && Network is { } network ? network : Network.None,
        };
    }

    private JobSpec Job(Submission submission, OfferedLanguage offered, SubmissionArchive archive, IReadOnlyList<string> command)
    {
        var variables = offered.Runtime?.Env ?? new Dictionary<string, string>();
        var written = submission.MaxFileSize > 0 ? submission.MaxFileSize * 1024 : server.Maximum.FileSizeBytes;
        return new()
        {
            Command = command,
            WorkingDirectory = Directory,
            Hostname = "judge0",
            Rootfs = offered.Runtime?.Image is { } image ? new ImageRootfs { Reference = image } : new HostRootfs(),
            Start = new() { Environment = [.. variables.ContainsKey("PATH") ? Array.Empty<string>() : [UsualPath], .. variables.Select(static variable => $"{variable.Key}={variable.Value}"), "HOME=/tmp", "LANG=C.UTF-8", "LANGUAGE=C.UTF-8", "LC_ALL=C.UTF-8"] },
            Mounts = [Mount.Tmpfs(Directory), .. archive.Directories.Select(static directory => Mount.Tmpfs($"{Directory}/{directory}")), .. archive.Links.Select(static link => Mount.Symlink(link.Target, $"{Directory}/{link.Path}"))],
            Files = FilesOf(submission, offered, archive),
            Limits = server.Default with
            {
                CpuTime = CpuTime(submission),
                WallTime = Seconds(submission.WallTimeLimit),
                MemoryBytes = submission.IsMemoryPerProcess ? server.Maximum.MemoryBytes : submission.MemoryLimit * 1024,
                AddressSpaceBytes = submission.IsMemoryPerProcess ? submission.MemoryLimit * 1024 : server.Default.AddressSpaceBytes,
                StackBytes = StackBytes(submission.StackLimit),
                Processes = submission.MaxProcesses,
                FileSizeBytes = written,
                OutputBytes = submission.MaxFileSize > 0 ? written : server.Maximum.OutputBytes,
            },
        };
    }

    // Where each process has the time, all of them together have it as often as there may be processes.
    private static TimeSpan? CpuTime(Submission submission) => submission.CpuTimeLimit <= 0 ? null
        : Seconds((submission.CpuTimeLimit + submission.CpuExtraTime) * (submission.IsTimePerProcess ? submission.MaxProcesses : 1));

    private static List<InjectedFile> FilesOf(Submission submission, OfferedLanguage offered, SubmissionArchive archive)
    {
        var files = archive.Files.Select(static file => new InjectedFile { Path = $"{Directory}/{file.Path}", Content = Content.Of(file.Content), Mode = file.Mode }).ToList();
        if (offered.Language.Source is { } source)
        {
            files.Add(new() { Path = $"{Directory}/{source}", Content = Content.Of(submission.SourceCode ?? []), Mode = FileMode });
        }

        return files;
    }

    private SubmissionArchive ArchiveOf(Submission submission, OfferedLanguage offered)
    {
        // Those that are made here come first, and what is there stays.
        string[] taken = offered.Language.Source is { } source ? [source, RunScript, CompileScript] : [];
        return submission.AdditionalFiles is { Length: > 0 } zip ? SubmissionArchive.Read(zip, settings.MostExtracted * 1024, taken) : SubmissionArchive.Empty;
    }

    private static List<InjectedFile> With(IReadOnlyList<InjectedFile> files, string name, string text) =>
        [.. files.Where(file => file.Path != $"{Directory}/{name}"), new() { Path = $"{Directory}/{name}", Content = Content.Of(Encoding.UTF8.GetBytes(text)), Mode = FileMode }];

    private static string? ScriptIn(SubmissionArchive archive, string name) => ((string[])[name, name + ".sh"]).FirstOrDefault(script => archive.Files.Any(file => file.Path == script));

    // They are words of the job's own shell; what would be another command to it is taken out, as there.
    private static string Words(string? text) => text is null ? "" : string.Concat(text.Trim().Where(static letter => !Forbidden.Contains(letter)));

    private static TimeSpan Seconds(decimal seconds) => TimeSpan.FromSeconds((double)Math.Clamp(seconds, 0.001m, 3_000_000m));

    private static long StackBytes(long kibibytes) => kibibytes == 0 ? ResourceLimits.Unlimited : Math.Max(kibibytes, 64) * 1024;
}
