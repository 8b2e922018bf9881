namespace Sandbox.Server.Fronts.Judge0;

/// <summary>A language that earlier releases of Judge0 had: listed with the others for clients that show old submissions, and never run.</summary>
/// <param name="Id">The number.</param>
/// <param name="Name">Its name with the version.</param>
/// <param name="Source">What the source was called.</param>
/// <param name="Compile">The line that compiled it; null for none.</param>
/// <param name="Run">The line that ran it.</param>
internal sealed record ArchivedLanguage(int Id, string Name, string Source, string? Compile, string Run)
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<ArchivedLanguage> All { get; } =
    [
        new(1, "Bash (4.4)", "script.sh", null, "bash script.sh"),
        new(2, "Bash (4.0)", "script.sh", null, "bash script.sh"),
        new(3, "Basic (fbc 1.05.0)", "main.bas", "fbc %s main.bas", "./main"),
        new(4, "C (gcc 7.2.0)", "main.c", "gcc %s main.c", "./a.out"),
        new(5, "C (gcc 6.4.0)", "main.c", "gcc %s main.c", "./a.out"),
        new(6, "C (gcc 6.3.0)", "main.c", "gcc %s main.c", "./a.out"),
        new(7, "C (gcc 5.4.0)", "main.c", "gcc %s main.c", "./a.out"),
        new(8, "C (gcc 4.9.4)", "main.c", "gcc %s main.c", "./a.out"),
        new(9, "C (gcc 4.8.5)", "main.c", "gcc %s main.c", "./a.out"),
        new(10, "C++ (g++ 7.2.0)", "main.cpp", "g++ %s main.cpp", "./a.out"),
        new(11, "C++ (g++ 6.4.0)", "main.cpp", "g++ %s main.cpp", "./a.out"),
        new(12, "C++ (g++ 6.3.0)", "main.cpp", "g++ %s main.cpp", "./a.out"),
        new(13, "C++ (g++ 5.4.0)", "main.cpp", "g++ %s main.cpp", "./a.out"),
        new(14, "C++ (g++ 4.9.4)", "main.cpp", "g++ %s main.cpp", "./a.out"),
        new(15, "C++ (g++ 4.8.5)", "main.cpp", "g++ %s main.cpp", "./a.out"),
        new(16, "C# (mono 5.4.0.167)", "Main.cs", "mcs %s Main.cs", "mono Main.exe"),
        new(17, "C# (mono 5.2.0.224)", "Main.cs", "mcs %s Main.cs", "mono Main.exe"),
        new(18, "Clojure (1.8.0)", "main.clj", null, "clojure main.clj"),
        new(19, "Crystal (0.23.1)", "main.cr", "crystal build %s main.cr", "./main"),
        new(20, "Elixir (1.5.1)", "main.exs", null, "elixir main.exs"),
        new(21, "Erlang (OTP 20.0)", "main.erl", null, "escript main.erl"),
        new(22, "Go (1.9)", "main.go", "go build %s main.go", "./main"),
        new(23, "Haskell (ghc 8.2.1)", "main.hs", "ghc %s main.hs", "./main"),
        new(24, "Haskell (ghc 8.0.2)", "main.hs", "ghc %s main.hs", "./main"),
        new(25, "Insect (5.0.0)", "main.ins", null, "insect main.ins"),
        new(26, "Java (OpenJDK 9 with Eclipse OpenJ9)", "Main.java", "javac %s Main.java", "java Main"),
        new(27, "Java (OpenJDK 8)", "Main.java", "javac %s Main.java", "java Main"),
        new(28, "Java (OpenJDK 7)", "Main.java", "javac %s Main.java", "java Main"),
        new(29, "JavaScript (nodejs 8.5.0)", "main.js", null, "node main.js"),
        new(30, "JavaScript (nodejs 7.10.1)", "main.js", null, "node main.js"),
        new(31, "OCaml (4.05.0)", "main.ml", "ocamlc %s main.ml", "./a.out"),
        new(32, "Octave (4.2.0)", "file.m", null, "octave-cli -q --no-gui --no-history file.m"),
        new(33, "Pascal (fpc 3.0.0)", "main.pas", "fpc %s main.pas", "./main"),
        new(34, "Python (3.6.0)", "main.py", null, "python3 main.py"),
        new(35, "Python (3.5.3)", "main.py", null, "python3 main.py"),
        new(36, "Python (2.7.9)", "main.py", null, "python main.py"),
        new(37, "Python (2.6.9)", "main.py", null, "python main.py"),
        new(38, "Ruby (2.4.0)", "main.rb", null, "ruby main.rb"),
        new(39, "Ruby (2.3.3)", "main.rb", null, "ruby main.rb"),
        new(40, "Ruby (2.2.6)", "main.rb", null, "ruby main.rb"),
        new(41, "Ruby (2.1.9)", "main.rb", null, "ruby main.rb"),
        new(42, "Rust (1.20.0)", "main.rs", "rustc %s main.rs", "./main"),
    ];

    /// <summary>That of a number; null for none.</summary>
    public static ArchivedLanguage? Find(int id) => All.FirstOrDefault(language => language.Id == id);
}
