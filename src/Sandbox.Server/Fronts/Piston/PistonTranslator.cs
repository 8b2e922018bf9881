using Sandbox.Server.Fronts.Runtimes;
using Sandbox.Server.Settings;

namespace Sandbox.Server.Fronts.Piston;

/// <summary>Makes the jobs of a request: one for the compiler, if there is one, and one for the program, each in a sandbox of its own.</summary>
/// <param name="settings">The server's.</param>
internal sealed class PistonTranslator(ServerSettings settings)
{
    /// <summary>Where the files are, and jobs start.</summary>
    public const string Directory = "/box/submission";

    private const int FileMode = 0x1FF; // 0777
    private const string UsualPath = "PATH=/usr/local/bin:/usr/bin:/bin";
    private const long UsualOutput = 1024;
    private const long UsualFile = 10_000_000;
    private const int UsualProcesses = 64;
    private const int UsualOpenFiles = 2048;

    /// <summary>The job of the compiler; null for a language that has none.</summary>
    /// <exception cref="PistonRefusal">A name leads out of the directory.</exception>
    public JobSpec? Compile(PistonRequest request, bool isLive)
    {
        if (request.Runtime.Compile is not { } command)
        {
            return null;
        }

        var job = Job(request, Fill(command, request), request.Compile, FilesOf(request), isLive);
        return job with
        {
            Limits = job.Limits with { CollectBytes = FrontHold.CompiledBytes },
            Outputs = CompiledFiles.Outputs(Directory, request.Limits.FileSizeBytes ?? UsualFile),
        };
    }

    /// <summary>The job of the program.</summary>
    /// <param name="request">The request.</param>
    /// <param name="compiled">What the compiler has left; null for a language that has none.</param>
    /// <param name="isLive">Its streams are a client's who stays with it.</param>
    /// <exception cref="PistonRefusal">A name leads out of the directory.</exception>
    public JobSpec Run(PistonRequest request, JobResult? compiled, bool isLive)
    {
        var files = compiled is null ? FilesOf(request) : CompiledFiles.Of(compiled, FilesOf(request), FileMode);

        // Whoever reads lines has one to read.
        var input = request.Stdin.EndsWith('\n') ? request.Stdin : request.Stdin + "\n";
        return Job(request, [.. Fill(request.Runtime.Run, request), .. request.Args], request.Run, files, isLive) with { Stdin = isLive ? Stdin.Null : Stdin.Text(input) };
    }

    private JobSpec Job(PistonRequest request, IReadOnlyList<string> command, PistonLimits stage, IReadOnlyList<InjectedFile> files, bool isLive)
    {
        var (runtime, limits) = (request.Runtime, request.Limits);
        var variables = runtime.Env.Select(static variable => $"{variable.Key}={variable.Value}").ToList();
        return new()
        {
            Command = command,
            WorkingDirectory = Directory,
            Hostname = "piston",
            Rootfs = runtime.Image is { } image ? new ImageRootfs { Reference = image } : new HostRootfs(),
            Start = new() { Environment = [.. runtime.Env.ContainsKey("PATH") ? Array.Empty<string>() : [UsualPath], .. variables, "HOME=/tmp", $"PISTON_LANGUAGE={runtime.Language}"] },
            Mounts = [Mount.Tmpfs(Directory)],
            Files = files,
            Limits = settings.Default with
            {
                WallTime = TimeSpan.FromMilliseconds(Math.Clamp(stage.Timeout, 1, 1e9)),
                CpuTime = TimeSpan.FromMilliseconds(Math.Clamp(stage.CpuTime, 1, 1e9)),
                MemoryBytes = Math.Max(1 << 20, stage.Memory),
                Processes = limits.Processes ?? UsualProcesses,
                OpenFiles = limits.OpenFiles ?? UsualOpenFiles,
                FileSizeBytes = limits.FileSizeBytes ?? UsualFile,
                OutputBytes = isLive ? settings.Maximum.OutputBytes : limits.OutputBytes ?? UsualOutput,
            },
        };
    }

    private static IReadOnlyList<InjectedFile> FilesOf(PistonRequest request)
    {
        var files = new Dictionary<string, InjectedFile>(StringComparer.Ordinal);
        var main = MainOf(request);
        foreach (var file in request.Files)
        {
            var path = PathOf(NameOf(file, main, request.Runtime));
            files[path] = new() { Path = path, Content = Content.Of(file.Content), Mode = FileMode };
        }

        return [.. files.Values];
    }

    private static List<string> Fill(IReadOnlyList<string> command, PistonRequest request)
    {
        var main = MainOf(request);
        var words = new List<string>();
        foreach (var word in command)
        {
            if (word == "{sources}")
            {
                words.AddRange(request.Files.Where(static file => file.IsSource && !IsHeader(file.Name)).Select(file => WordOf(NameOf(file, main, request.Runtime))));
            }
            else
            {
                words.Add(word.Replace("{main}", WordOf(NameOf(main, main, request.Runtime)), StringComparison.Ordinal));
            }
        }

        return words;
    }

    private static PistonFile MainOf(PistonRequest request) => request.Files.First(static file => file.IsSource);

    private static string NameOf(PistonFile file, PistonFile main, Runtime runtime)
    {
        var name = Inside(file.Name);
        return file == main && runtime.Suffix is { } suffix && !name.EndsWith(suffix, StringComparison.Ordinal) ? name + suffix : name;
    }

    // From the directory, also where it begins with a slash, and not out of it.
    private static string Inside(string name)
    {
        var parts = new List<string>();
        foreach (var part in name.Split('/').Where(static part => part is not ("" or ".")))
        {
            if (part != "..")
            {
                parts.Add(part);
            }
            else if (parts.Count > 0)
            {
                parts.RemoveAt(parts.Count - 1);
            }
            else
            {
                throw Out();
            }
        }

        return parts.Count == 0 || name.Contains('\0', StringComparison.Ordinal) ? throw Out() : string.Join('/', parts);

        static PistonRefusal Out() => new(StatusCodes.Status500InternalServerError, "");
    }

    // Never taken for an option.
    private static string WordOf(string name) => name.StartsWith('-') ? "./" + name : name;

    // They come with what includes them.
    private static bool IsHeader(string name) => Path.GetExtension(name) is ".h" or ".hh" or ".hpp" or ".hxx" or ".inc";

    private static string PathOf(string name) => $"{Directory}/{name}";
}
