using System.Text;
using System.Text.RegularExpressions;

namespace Sandbox.Server.Fronts.Runtimes;

// In a sandbox, so that what is found is what jobs have. Compilers are told the language, because the names of files are anybody's.

/// <summary>Finds the languages that jobs can be written in.</summary>
internal static partial class RuntimeDetector
{
    private const string Path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/go/bin";

    private static readonly Candidate[] s_candidates =
    [
        new("bash", ["sh"], ["bash", "--version"], null, ["bash", "{main}"]),
        new("python", ["py", "py3", "python3"], ["python3", "--version"], null, ["python3", "{main}"]),
        new("c", ["gcc"], ["gcc", "-dumpfullversion"], ["gcc", "-std=c17", "-x", "c", "{sources}", "-o", "a.out", "-lm"], ["./a.out"]),
        new("c++", ["cpp", "g++"], ["g++", "-dumpfullversion"], ["g++", "-std=c++17", "-x", "c++", "{sources}", "-o", "a.out"], ["./a.out"]),
        new("java", [], ["java", "-version"], null, ["java", "-Xmx256m", "{main}"]) { Suffix = ".java" },
        new("javascript", ["js", "node", "nodejs", "node-javascript"], ["node", "--version"], null, ["node", "{main}"]),
        new("perl", ["pl"], ["perl", "--version"], null, ["perl", "{main}"]),
        new("ruby", ["rb"], ["ruby", "--version"], null, ["ruby", "{main}"]),
        new("php", [], ["php", "--version"], null, ["php", "{main}"]),
        new("lua", [], ["lua", "-v"], null, ["lua", "{main}"]),
        new("awk", ["gawk"], ["awk", "--version"], null, ["awk", "-f", "{main}"]),
        new("pascal", ["fpc", "pas"], ["fpc", "-iV"], ["fpc", "-oa.out", "{main}"], ["./a.out"]) { Suffix = ".pas" },
        new("octave", [], ["octave-cli", "--version"], null, ["octave-cli", "{main}"]),
        new("go", ["golang"], ["go", "version"], ["go", "build", "-o", "a.out", "{main}"], ["./a.out"]) { Suffix = ".go" },
        new("rust", ["rs"], ["rustc", "--version"], ["rustc", "-o", "a.out", "{main}"], ["./a.out"]),
        new("fortran", ["f90", "gfortran"], ["gfortran", "-dumpfullversion"], ["gfortran", "{sources}", "-o", "a.out"], ["./a.out"]) { Suffix = ".f90" },
        new("nasm", ["nasm64"], ["nasm", "--version"], ["sh", "-c", "nasm -f elf64 -o main.o \"$1\" && ld -o a.out main.o", "sh", "{main}"], ["./a.out"]),
        new("kotlin", ["kt"], ["kotlinc", "-version"], ["kotlinc", "{main}", "-include-runtime", "-d", "a.jar"], ["java", "-Xmx256m", "-jar", "a.jar"]) { Suffix = ".kt" },
        new("cobol", ["cob"], ["cobc", "--version"], ["cobc", "-free", "-x", "-o", "a.out", "{main}"], ["./a.out"]) { Suffix = ".cob" },
        new("lisp", ["commonlisp", "cl", "sbcl"], ["sbcl", "--version"], null, ["sbcl", "--script", "{main}"]),
        new("sqlite", ["sqlite3", "sql"], ["sqlite3", "--version"], null, ["sh", "-c", "exec sqlite3 db.sqlite < \"$1\"", "sh", "{main}"]),
        new("c-clang", ["clang"], ["clang", "-dumpversion"], ["clang", "-std=c17", "-x", "c", "{sources}", "-o", "a.out", "-lm"], ["./a.out"]),
        new("c++-clang", ["clang++"], ["clang++", "-dumpversion"], ["clang++", "-std=c++17", "-x", "c++", "{sources}", "-o", "a.out"], ["./a.out"]),
    ];

    /// <summary>Tries all of them, as many at once as there are processors: some need a second to say who they are.</summary>
    /// <param name="runner">Runs what tells a version.</param>
    /// <param name="image">The image to look into; null for the host.</param>
    /// <param name="cancellationToken">Gives it up.</param>
    public static async Task<RuntimesFile> DetectAsync(SandboxRunner runner, string? image, CancellationToken cancellationToken)
    {
        var found = new Runtime?[s_candidates.Length];
        var atOnce = new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount, CancellationToken = cancellationToken };
        await Parallel.ForAsync(0, found.Length, atOnce, async (place, ended) => found[place] = await TryAsync(runner, s_candidates[place], image, ended));
        return new() { Runtimes = [.. found.OfType<Runtime>()] };
    }

    private static async Task<Runtime?> TryAsync(SandboxRunner runner, Candidate candidate, string? image, CancellationToken cancellationToken)
    {
        var result = await runner.RunAsync(
            new()
            {
                Command = candidate.Ask,
                Env = new Dictionary<string, string> { ["PATH"] = Path },
                Rootfs = image is null ? new HostRootfs() : new ImageRootfs { Reference = image },
                Limits = new() { WallTime = TimeSpan.FromSeconds(20), MemoryBytes = 1L << 30 },
            },
            cancellationToken);
        return result.Verdict == Verdict.Ok && VersionIn(Text(result.Stdout) + Text(result.Stderr)) is { } version
            ? new() { Language = candidate.Language, Version = version, Aliases = candidate.Aliases, Suffix = candidate.Suffix, Compile = candidate.Compile, Run = candidate.Run, Env = Variables(candidate), Image = image }
            : null;
    }

    /// <summary>The first version in what a program says, as three numbers; null for none.</summary>
    public static string? VersionIn(string text) =>
        Version().Match(text) is { Success: true } match ? $"{match.Groups[1].Value}.{Or0(match.Groups[2])}.{Or0(match.Groups[3])}" : null;

    private static string Or0(Group group) => group.Success ? group.Value.TrimStart('0') is { Length: > 0 } digits ? digits : "0" : "0";

    private static Dictionary<string, string> Variables(Candidate candidate) =>
        candidate.Language is "java" or "kotlin" ? new() { ["PATH"] = Path, ["LANG"] = "C.UTF-8" } // it writes question marks otherwise
        : candidate.Language == "go" ? new() { ["PATH"] = Path, ["GOCACHE"] = "/tmp/go-cache", ["GOPATH"] = "/tmp/go" } : new() { ["PATH"] = Path };

    private static string Text(StreamResult stream) => Encoding.UTF8.GetString((stream.Content ?? ReadOnlyMemory<byte>.Empty).Span);

    [GeneratedRegex(@"(?<![0-9.])([0-9]{1,4})\.([0-9]{1,5})(?:\.([0-9]{1,5}))?")]
    private static partial Regex Version();

    private sealed record Candidate(string Language, string[] Aliases, string[] Ask, string[]? Compile, string[] Run)
    {
        public string? Suffix { get; init; }
    }
}
