using Sandbox;

namespace Judge;

/// <summary>How programs of one language are compiled and run.</summary>
internal sealed record Language
{
    public required string Id { get; init; }

    public required string Name { get; init; }

    /// <summary>The name that the compiler wants the source to have, in /work.</summary>
    public required string Source { get; init; }

    public required IReadOnlyList<string> Compile { get; init; }

    /// <summary>What compiling leaves in /work, and every test is run with.</summary>
    public required string Program { get; init; }

    public required IReadOnlyList<string> Run { get; init; }

    /// <summary>What the machine of the language has for itself, beside the limit of the problem.</summary>
    public long ExtraMemoryBytes { get; init; }

    public static IReadOnlyList<Language> All { get; } =
    [
        new()
        {
            Id = "c", Name = "C", Source = "main.c", Program = "main",
            Compile = ["gcc", "-O2", "-std=c17", "-o", "main", "main.c", "-lm"],
            Run = ["/work/main"],
        },
        new()
        {
            Id = "cpp", Name = "C++", Source = "main.cpp", Program = "main",
            Compile = ["g++", "-O2", "-std=c++20", "-o", "main", "main.cpp"],
            Run = ["/work/main"],
        },
        new()
        {
            Id = "java", Name = "Java", Source = "Main.java", Program = "main.jar",
            Compile = ["sh", "-c", "javac Main.java && jar cfe main.jar Main *.class"],
            Run = ["java", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx128m", "-jar", "/work/main.jar"],
            ExtraMemoryBytes = 256 << 20,
        },
        new()
        {
            Id = "python", Name = "Python", Source = "main.py", Program = "main.py",
            Compile = ["python3", "-I", "-m", "py_compile", "main.py"],
            Run = ["python3", "-I", "/work/main.py"],
            ExtraMemoryBytes = 16 << 20,
        },
    ];

    public static Language? Find(string id) => All.FirstOrDefault(language => language.Id == id);

    /// <summary>Compiles a source, and keeps the program.</summary>
    public JobStep CompileStep(string source) => new()
    {
        Name = Jobs.Compile,
        Job = new()
        {
            Command = Compile,
            Files = [new() { Path = "/work/" + Source, Content = Content.Text(source) }],
            Seccomp = Seccomp.Policy("build"),
            Limits = new() { CpuTime = TimeSpan.FromSeconds(15), WallTime = TimeSpan.FromSeconds(30), MemoryBytes = 1 << 30, OutputBytes = 1 << 20 },
        },
        Keep = new Dictionary<string, string> { [Jobs.Program] = "/work/" + Program },
    };
}
