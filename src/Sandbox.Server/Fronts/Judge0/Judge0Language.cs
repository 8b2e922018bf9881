using Sandbox.Server.Fronts.Runtimes;

namespace Sandbox.Server.Fronts.Judge0;

/// <summary>A language by Judge0's number, which clients have written down: its commands are lines of a shell, in which <c>%s</c> stands for the words that a submission has for the compiler.</summary>
/// <param name="Id">The number.</param>
/// <param name="Title">Its name, before the brackets.</param>
/// <param name="Compiler">What is in the brackets before the version; empty for the version alone, null for no brackets.</param>
/// <param name="Runtime">Its name in a runtimes file; null for one that needs nothing but a shell.</param>
internal sealed record Judge0Language(int Id, string Title, string? Compiler, string? Runtime)
{
    /// <summary>The program of several files.</summary>
    public const int MultiFile = 89;

    private static readonly Judge0Language[] s_all =
    [
        new(43, "Plain Text", null, null) { Source = "text.txt", Run = "cat text.txt" },
        new(44, "Executable", null, null) { Source = "a.out", Run = "chmod +x a.out && ./a.out" },
        new(45, "Assembly", "NASM", "nasm") { Source = "main.asm", Compile = "nasm -f elf64 -o main.o %s main.asm && ld -o a.out main.o", Run = "./a.out" },
        new(46, "Bash", "", "bash") { Source = "script.sh", Run = "bash script.sh" },
        new(47, "Basic", "FBC", "basic") { Source = "main.bas", Compile = "fbc %s main.bas", Run = "./main" },
        C(48), C(49), C(50),
        new(51, "C#", "Mono", "mono") { Source = "Main.cs", Compile = "mcs %s Main.cs", Run = "mono Main.exe" },
        Cpp(52), Cpp(53), Cpp(54),
        new(55, "Common Lisp", "SBCL", "lisp") { Source = "script.lisp", Run = "sbcl --script script.lisp" },
        new(56, "D", "DMD", "d") { Source = "main.d", Compile = "dmd %s main.d", Run = "./main" },
        new(57, "Elixir", "", "elixir") { Source = "script.exs", Run = "elixir script.exs" },
        new(58, "Erlang", "OTP", "erlang") { Source = "main.erl", Run = "sed -i '1s/^/\\n/' main.erl && escript main.erl" },
        new(59, "Fortran", "GFortran", "fortran") { Source = "main.f90", Compile = "gfortran %s main.f90", Run = "./a.out" },
        new(60, "Go", "", "go") { Source = "main.go", Compile = "GOCACHE=/tmp/.cache/go-build go build %s main.go", Run = "./main" },
        new(61, "Haskell", "GHC", "haskell") { Source = "main.hs", Compile = "ghc %s main.hs", Run = "./main" },
        new(62, "Java", "OpenJDK", "java") { Source = "Main.java", Compile = "javac %s Main.java", Run = "java Main" },
        new(63, "JavaScript", "Node.js", "javascript") { Source = "script.js", Run = "node script.js" },
        new(64, "Lua", "", "lua") { Source = "script.lua", Run = "lua script.lua" },
        new(65, "OCaml", "", "ocaml") { Source = "main.ml", Compile = "ocamlc %s main.ml", Run = "./a.out" },
        new(66, "Octave", "", "octave") { Source = "script.m", Run = "octave-cli -q --no-gui --no-history script.m" },
        new(67, "Pascal", "FPC", "pascal") { Source = "main.pas", Compile = "fpc %s main.pas", Run = "./main" },
        new(68, "PHP", "", "php") { Source = "script.php", Run = "php script.php" },
        new(69, "Prolog", "GNU Prolog", "prolog") { Source = "main.pro", Compile = "gplc --no-top-level %s main.pro", Run = "./main" },
        new(70, "Python", "", "python2") { Source = "script.py", Run = "python2 script.py" },
        new(71, "Python", "", "python") { Source = "script.py", Run = "python3 script.py" },
        new(72, "Ruby", "", "ruby") { Source = "script.rb", Run = "ruby script.rb" },
        new(73, "Rust", "", "rust") { Source = "main.rs", Compile = "rustc %s main.rs", Run = "./main" },
        new(74, "TypeScript", "", "typescript") { Source = "script.ts", Compile = "tsc %s script.ts", Run = "node script.js" },
        new(75, "C", "Clang", "c-clang") { Source = "main.c", Compile = "clang %s main.c", Run = "./a.out" },
        new(76, "C++", "Clang", "c++-clang") { Source = "main.cpp", Compile = "clang++ %s main.cpp", Run = "./a.out" },
        new(77, "COBOL", "GnuCOBOL", "cobol") { Source = "main.cob", Compile = "cobc -free -x %s main.cob", Run = "./main" },
        new(78, "Kotlin", "", "kotlin") { Source = "Main.kt", Compile = "kotlinc %s Main.kt", Run = "kotlin MainKt" },
        new(79, "Objective-C", "Clang", "objective-c") { Source = "main.m", Compile = "clang $(gnustep-config --objc-flags) $(gnustep-config --base-libs) main.m %s", Run = "./a.out" },
        new(80, "R", "", "r") { Source = "script.r", Run = "Rscript script.r" },
        new(81, "Scala", "", "scala") { Source = "Main.scala", Compile = "scalac %s Main.scala", Run = "scala Main" },
        new(82, "SQL", "SQLite", "sqlite") { Source = "script.sql", Run = "cat script.sql | sqlite3 db.sqlite" },
        new(83, "Swift", "", "swift") { Source = "Main.swift", Compile = "swiftc %s Main.swift", Run = "./Main" },
        new(84, "Visual Basic.Net", "vbnc", "vb") { Source = "Main.vb", Compile = "vbnc %s Main.vb", Run = "mono Main.exe" },
        new(85, "Perl", "", "perl") { Source = "script.pl", Run = "perl script.pl" },
        new(86, "Clojure", "", "clojure") { Source = "main.clj", Run = "clojure main.clj" },
        new(87, "F#", ".NET SDK", "fsharp") { Source = "script.fsx", Run = "dotnet fsi script.fsx" },
        new(88, "Groovy", "", "groovy") { Source = "script.groovy", Compile = "groovyc %s script.groovy", Run = "groovy script.groovy" },
        new(MultiFile, "Multi-file program", null, null),
    ];

    /// <summary>What the source is called; null for a program of several files.</summary>
    public string? Source { get; init; }

    /// <summary>The line that compiles it; null for none.</summary>
    public string? Compile { get; init; }

    /// <summary>The line that runs it, before the words of the submission; null for a program of several files.</summary>
    public string? Run { get; init; }

    /// <summary>It is a program of several files, which brings its own lines.</summary>
    public bool IsMultiFile => Id == MultiFile;

    /// <summary>Nobody offers it any more: it had its number in an earlier release.</summary>
    public static bool IsArchived(int id) => ArchivedLanguage.Find(id) is not null;

    /// <summary>Those that a server can run.</summary>
    public static async Task<IReadOnlyList<OfferedLanguage>> OfferedAsync(RuntimeTable runtimes)
    {
        var offered = new List<OfferedLanguage>();
        foreach (var language in s_all)
        {
            if (language.Runtime is null)
            {
                offered.Add(new(language, null));
            }
            else if (await runtimes.FindAsync(language.Runtime, "*") is { } runtime)
            {
                offered.Add(new(language, runtime));
            }
        }

        return offered;
    }

    /// <summary>The number of each language.</summary>
    public static IReadOnlyList<(int Id, string? Runtime)> Numbers => [.. s_all.Select(static language => (language.Id, language.Runtime))];

    private static Judge0Language C(int id) => new(id, "C", "GCC", "c") { Source = "main.c", Compile = "gcc %s main.c", Run = "./a.out" };

    private static Judge0Language Cpp(int id) => new(id, "C++", "GCC", "c++") { Source = "main.cpp", Compile = "g++ %s main.cpp", Run = "./a.out" };
}

/// <summary>A language, and what this server has for it.</summary>
/// <param name="Language">The language.</param>
/// <param name="Runtime">What runs it; null for one that needs nothing but a shell.</param>
internal sealed record OfferedLanguage(Judge0Language Language, Runtime? Runtime)
{
    /// <summary>Its name with the version.</summary>
    public string Name => Language.Compiler is not { } compiler || Runtime is null ? Language.Title : $"{Language.Title} ({(compiler.Length == 0 ? "" : compiler + " ")}{Runtime.Version})";
}
