using System.Text;
using Sandbox.Server.Settings;

namespace Sandbox.Server.Fronts.Jobe;

/// <summary>Makes the jobs of a run: one for the compiler, if there is one, and one for the program, each in a sandbox of its own.</summary>
/// <param name="settings">The server's.</param>
internal sealed class JobeTranslator(ServerSettings settings)
{
    /// <summary>Where the files are, and jobs start: clients take such a path out of what was printed.</summary>
    public const string Directory = "/home/jobe/runs/job";

    private const int FileMode = 0x1FF; // 0777
    private const double Megabyte = 1e6;
    private const string UsualPath = "PATH=/usr/local/bin:/usr/bin:/bin";
    private const int OpenFiles = 1024;
    private const int Shell = 1;

    /// <summary>The job of the compiler; null for a language that has none.</summary>
    /// <param name="request">The request.</param>
    /// <param name="files">Its files, by name.</param>
    public JobSpec? Compile(JobeRequest request, IReadOnlyDictionary<string, Content> files)
    {
        if (request.Language.Compile is not { } command)
        {
            return null;
        }

        var least = new Minimum(2, 500, 20, 5);
        var job = Job(request, command, FilesOf(request, files), least);
        return job with
        {
            Limits = job.Limits with { CollectBytes = FrontHold.CompiledBytes },
            Outputs = CompiledFiles.Outputs(Directory, FrontHold.CompiledBytes),
        };
    }

    /// <summary>The job of the program.</summary>
    /// <param name="request">The request.</param>
    /// <param name="files">Its files, by name.</param>
    /// <param name="compiled">What the compiler has left; null for a language that has none.</param>
    public JobSpec Run(JobeRequest request, IReadOnlyDictionary<string, Content> files, JobResult? compiled)
    {
        var given = compiled is null ? FilesOf(request, files) : CompiledFiles.Of(compiled, FilesOf(request, files), FileMode);
        // The shell stays, as there: it says what signal ended the program, on whose stderr clients look for that.
        return Job(request, request.Language.Run + "\nexit $?", given, null) with { Stdin = request.Input.Length == 0 ? Stdin.Null : Stdin.Text(request.Input) };
    }

    private JobSpec Job(JobeRequest request, string command, IReadOnlyList<InjectedFile> files, Minimum? least)
    {
        var cpu = Math.Max(least?.CpuSeconds ?? 0, Positive(request.Number("cputime", 0), 5));
        var memory = Bounded(request.Language.HasOwnMemory ? 0 : request.Number("memorylimit", request.Language.MemoryMb), least?.MemoryMb);
        var processes = Math.Max(request.Language.LeastProcesses, Math.Max(least?.Processes ?? 0, Positive(request.Number("numprocs", 0), 30)));
        var disk = request.Number("disklimit", 20);
        var environment = request.Runtime.Env.Select(static variable => $"{variable.Key}={variable.Value}").ToList();
        return new()
        {
            Command = ["/bin/sh", "-c", Fill(command, request)],
            WorkingDirectory = Directory,
            Hostname = "jobe",
            Rootfs = request.Runtime.Image is { } image ? new ImageRootfs { Reference = image } : new HostRootfs(),
            Start = new() { Environment = [.. request.Runtime.Env.ContainsKey("PATH") ? Array.Empty<string>() : [UsualPath], .. environment, "LANG=C.UTF-8", "HOME=" + Directory] },
            Mounts = [Mount.Tmpfs(Directory)],
            Files = files,
            Limits = settings.Default with
            {
                CpuTime = TimeSpan.FromSeconds(cpu),
                WallTime = TimeSpan.FromSeconds(2 * cpu),
                AddressSpaceBytes = memory <= 0 ? null : (long)Math.Clamp(memory * Megabyte, 1 << 20, 1e15),
                Processes = (int)Math.Clamp(processes + Shell, 1, 1e6),
                FileSizeBytes = disk < 0 ? settings.Maximum.FileSizeBytes : (long)Math.Clamp(Math.Max(least?.DiskMb ?? 0, disk) * Megabyte, 0, 1e15),
                OutputBytes = (long)Math.Clamp(Positive(request.Number("streamsize", 0), 2) * Megabyte, 1, 1e12),
                OpenFiles = OpenFiles,
            },
        };
    }

    private static IReadOnlyList<InjectedFile> FilesOf(JobeRequest request, IReadOnlyDictionary<string, Content> files)
    {
        var all = new Dictionary<string, Content>(files, StringComparer.Ordinal) { [request.Source] = Content.Of(Encoding.UTF8.GetBytes(request.Code)) };
        return [.. all.Select(static file => new InjectedFile { Path = $"{Directory}/{file.Key}", Content = file.Value, Mode = FileMode, ReadOnly = false })];
    }

    // Words of the request are words of a shell, as there: it is the job's own.
    private static string Fill(string command, JobeRequest request)
    {
        var main = request.MainClass ?? request.Source.Split('.')[0];
        var filled = command.Replace("{src}.exe", Word(request.Source + ".exe"), StringComparison.Ordinal).Replace("{src}.err", Word(request.Source + ".err"), StringComparison.Ordinal).Replace("{src}", Word(request.Source), StringComparison.Ordinal).Replace("{class}", Word(main), StringComparison.Ordinal);
        foreach (var name in (string[])["compileargs", "linkargs", "interpreterargs", "runargs"])
        {
            filled = filled.Replace("{" + name + "}", request.Arguments.GetValueOrDefault(name) ?? request.Language.Arguments.GetValueOrDefault(name, ""), StringComparison.Ordinal);
        }

        return filled;
    }

    // One word whatever it has in it.
    private static string Word(string text) =>
        text.All(static letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '_' or '-') ? text : "'" + text.Replace("'", "'\\''", StringComparison.Ordinal) + "'";

    private static double Positive(double number, double usual) => number > 0 ? number : usual;

    private static double Bounded(double number, double? least) => number <= 0 ? 0 : Math.Max(number, least ?? 0);

    private sealed record Minimum(double CpuSeconds, double MemoryMb, double DiskMb, double Processes);
}
