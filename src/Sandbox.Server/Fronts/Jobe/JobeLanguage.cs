using Sandbox.Server.Fronts.Runtimes;

namespace Sandbox.Server.Fronts.Jobe;

/// <summary>A language as Jobe knows it: its commands are words of a shell, in which <c>{src}</c> is the source, <c>{class}</c> the class of Java, and <c>{compileargs}</c> and so on what a request may replace.</summary>
internal sealed record JobeLanguage
{
    private const string Gcc = "-o {src}.exe {src} {linkargs}";

    /// <summary>Its name there.</summary>
    public required string Id { get; init; }

    /// <summary>Its name in a runtimes file.</summary>
    public required string Runtime { get; init; }

    /// <summary>What the source is called.</summary>
    public required string Source { get; init; }

    /// <summary>The compiler; null for none.</summary>
    public string? Compile { get; init; }

    /// <summary>What runs it.</summary>
    public required string Run { get; init; }

    /// <summary>What stands for arguments that the request does not give.</summary>
    public IReadOnlyDictionary<string, string> Arguments { get; init; } = new Dictionary<string, string>();

    /// <summary>The memory of one process, in MB; 0 for no limit.</summary>
    public int MemoryMb { get; init; } = 400;

    /// <summary>What a request says of memory does not count, because the runtime sees to it itself.</summary>
    public bool HasOwnMemory { get; init; }

    /// <summary>Fewer processes and threads than this it never has, whatever the request says.</summary>
    public int LeastProcesses { get; init; } = 1;

    /// <summary>All of them.</summary>
    public static IReadOnlyList<JobeLanguage> All { get; } =
    [
        new() { Id = "c", Runtime = "c", Source = "prog.c", Compile = "gcc {compileargs} " + Gcc, Run = "./{src}.exe {runargs}", Arguments = new Dictionary<string, string> { ["compileargs"] = "-Wall -Werror -std=c99 -x c" } },
        new() { Id = "cpp", Runtime = "c++", Source = "prog.cpp", Compile = "g++ {compileargs} " + Gcc, Run = "./{src}.exe {runargs}", Arguments = new Dictionary<string, string> { ["compileargs"] = "-Wall -Werror -x c++" } },
        new() { Id = "python3", Runtime = "python", Source = "prog.py", Compile = "python3 -m py_compile {src}", Run = "python3 {interpreterargs} {src} {runargs}", Arguments = new Dictionary<string, string> { ["interpreterargs"] = "-BE" }, MemoryMb = 1000 },
        new() { Id = "java", Runtime = "java", Source = "prog.java", Compile = "javac {compileargs} {src}", Run = "java {interpreterargs} {class} {runargs}", Arguments = new Dictionary<string, string> { ["interpreterargs"] = "-Xrs -Xss8m -Xmx200m" }, MemoryMb = 0, HasOwnMemory = true, LeastProcesses = 256 },
        new() { Id = "nodejs", Runtime = "javascript", Source = "prog.js", Run = "node {interpreterargs} {src} {runargs}", Arguments = new Dictionary<string, string> { ["interpreterargs"] = "--use_strict" }, MemoryMb = 0 },
        new() { Id = "php", Runtime = "php", Source = "prog.php", Compile = "php -l {src}", Run = "php {interpreterargs} {src} {runargs}", Arguments = new Dictionary<string, string> { ["interpreterargs"] = "--no-php-ini" }, MemoryMb = 0 },
        new() { Id = "pascal", Runtime = "pascal", Source = "prog.pas", Compile = "fpc {compileargs} -Fe{src}.err -o{src}.exe {src} >/dev/null 2>&1 || cat {src}.err >&2", Run = "./{src}.exe {runargs}", Arguments = new Dictionary<string, string> { ["compileargs"] = "-vew -Se" } },
        new() { Id = "octave", Runtime = "octave", Source = "prog.m", Run = "octave-cli {interpreterargs} {src} {runargs}", Arguments = new Dictionary<string, string> { ["interpreterargs"] = "--norc --silent" }, MemoryMb = 0 },
        new() { Id = "bash", Runtime = "bash", Source = "prog.sh", Run = "bash {interpreterargs} {src} {runargs}" },
    ];

    /// <summary>Those that a server has, each with the highest version of what runs it.</summary>
    public static async Task<IReadOnlyList<(JobeLanguage Language, Runtime Runtime)>> OfAsync(RuntimeTable runtimes)
    {
        var found = new List<(JobeLanguage, Runtime)>();
        foreach (var language in All)
        {
            if (await runtimes.FindAsync(language.Runtime, "*") is { } runtime)
            {
                found.Add((language, runtime));
            }
        }

        return found;
    }
}
