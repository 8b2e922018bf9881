using Xunit;

namespace Sandbox.KernelTests;

/// <summary>The usual toolchains run under the default policy: a sandbox in which nothing works is no use.</summary>
public sealed class ToolchainTests : KernelTest
{
    [KernelFact(tool: "gcc")]
    public Task Gcc_compiles_and_the_program_runs() => PrintsAsync(
        "gcc -O2 main.c -o main && ./main",
        "/work/main.c", "#include <stdio.h>\nint main(void) { puts(\"c works\"); return 0; }\n", "c works");

    [KernelFact(tool: "g++")]
    public Task Gxx_compiles_and_threads_run() => PrintsAsync(
        "g++ -O1 -pthread main.cpp -o main && ./main",
        "/work/main.cpp", "#include <iostream>\n#include <thread>\nint main() { std::thread([]{ std::cout << \"c++ works\\n\"; }).join(); }\n", "c++ works");

    [KernelFact(tool: "python3")]
    public Task Python_runs_threads_and_children() => PrintsAsync(
        "python3 main.py",
        "/work/main.py",
        """
        import subprocess, tempfile, threading, json, hashlib, multiprocessing, socket, select, asyncio
        def child(queue): queue.put(6 * 7)
        if __name__ == "__main__":
            thread = threading.Thread(target=lambda: None); thread.start(); thread.join()
            queue = multiprocessing.Queue()
            process = multiprocessing.Process(target=child, args=(queue,)); process.start()
            answer = queue.get(); process.join()
            with tempfile.NamedTemporaryFile() as file: file.write(b"x")
            asyncio.run(asyncio.sleep(0))
            print(subprocess.check_output(["echo", f"python works {answer}"], text=True), end="")
        """, "python works 42");

    [KernelFact(tool: "perl")]
    public Task Perl_runs() => PrintsAsync("perl main.pl", "/work/main.pl", "my $x = `echo perl works`; print $x;\n", "perl works");

    [KernelFact(tool: "bash")]
    public Task Bash_runs_pipes_and_substitutions() => PrintsAsync(
        "bash main.sh", "/work/main.sh", "set -euo pipefail\ncat <(echo bash) <<<x | tr -d '\\n'; printf ' '; sort <<< works; wait\n", "bash works");

    [KernelFact(tool: "node", Timeout = 60_000)]
    public Task Node_runs_workers_and_children() => PrintsAsync(
        "node main.js", "/work/main.js",
        "const { execSync } = require('child_process'); const fs = require('fs'); fs.writeFileSync('a', 'x');\n" +
        "setTimeout(() => console.log(execSync('echo node works').toString().trim()), 1);\n", "node works");

    [KernelFact(tool: "javac", Timeout = 90_000)]
    public Task Java_compiles_and_runs() => PrintsAsync(
        "javac Main.java && java -Xmx128m Main", "/work/Main.java",
        "public class Main { public static void main(String[] a) throws Exception { var t = new Thread(() -> System.out.println(\"java works\")); t.start(); t.join(); } }\n", "java works");

    [KernelFact(tool: "javac", Timeout = 90_000)]
    public Task Java_takes_text_for_utf8() => PrintsAsync(
        "javac Main.java && echo é | java -Xmx128m Main", "/work/Main.java",
        "public class Main { public static void main(String[] a) { String s = new java.util.Scanner(System.in).nextLine(); System.out.println(\"é\".equals(s) + \" \" + s); } }\n", "true é");

    [KernelFact(tool: "locale")]
    public async Task Text_is_utf8_by_default() => AssertPrinted("UTF-8", await RunAsync(Probe.Tool("locale", "charmap")));

    [KernelFact(tool: "ruby")]
    public Task Ruby_runs() => PrintsAsync("ruby main.rb", "/work/main.rb", "Thread.new { puts `echo ruby works` }.join\n", "ruby works");

    [KernelFact(tool: "ruby")]
    public Task Ruby_takes_text_for_utf8() => PrintsAsync(
        "echo é | ruby main.rb", "/work/main.rb", "line = gets.chomp; puts \"#{line.encoding} #{line.length}\"\n", "UTF-8 1");

    [KernelFact(tool: "go", Timeout = 120_000)]
    public Task Go_compiles_and_runs() => PrintsAsync(
        "GOCACHE=/tmp/go GO111MODULE=off go run main.go", "/work/main.go",
        "package main\nimport \"fmt\"\nfunc main() { c := make(chan string); go func() { c <- \"go works\" }(); fmt.Println(<-c) }\n", "go works");

    [KernelFact(tool: "rustc", Timeout = 90_000)]
    public Task Rust_compiles_and_runs() => PrintsAsync(
        "rustc main.rs && ./main", "/work/main.rs",
        "fn main() { std::thread::spawn(|| println!(\"rust works\")).join().unwrap(); }\n", "rust works");

    [KernelFact(tool: "dotnet", Timeout = 60_000)]
    public Task Dotnet_starts() => PrintsAsync(
        "DOTNET_CLI_HOME=/tmp DOTNET_gcServer=0 dotnet --list-runtimes | grep -q NETCore && echo dotnet works", "/work/none", "", "dotnet works");

    [KernelFact(tool: "fpc", Timeout = 60_000)]
    public Task Free_pascal_finds_its_units() => PrintsAsync("fpc -v0 a.pas >log && ./a", "/work/a.pas", "uses sysutils; begin writeln('pascal works'); end.\n", "pascal works");

    [KernelFact(tool: "Rscript", Timeout = 60_000)]
    public Task R_finds_its_packages() => PrintsAsync("Rscript a.R", "/work/a.R", "cat('R works', sd(c(1, 3)) > 1, '\\n')\n", "R works TRUE ");

    [KernelFact(tool: "mcs", Timeout = 60_000)]
    public Task Mono_compiles_and_runs() => PrintsAsync(
        "mcs a.cs && mono a.exe", "/work/a.cs", "class P { static void Main() { System.Console.WriteLine(\"mono works\"); } }\n", "mono works");

    [KernelFact(tool: "cobc", Timeout = 60_000)]
    public Task Cobol_finds_its_dialects() => PrintsAsync(
        "cobc -x a.cob -o c && ./c", "/work/a.cob",
        "       identification division.\n       program-id. a.\n       procedure division.\n           display 'cobol works'.\n           stop run.\n", "cobol works");

    [KernelFact(tool: "php")]
    public Task Php_finds_its_modules() => PrintsAsync("php a.php", "/work/a.php", "<?php echo ctype_digit('1') ? 'php works' : 'no', \"\\n\";\n", "php works");

    [KernelFact(tool: "pdflatex", Timeout = 60_000)]
    public Task Latex_finds_its_formats() => PrintsAsync(
        "pdflatex -interaction=batchmode a.tex >log && head -c 5 a.pdf", "/work/a.tex", "\\documentclass{article}\\begin{document}hi\\end{document}\n", "%PDF-");

    [KernelFact(Needs.NativeKernel, tool: "ghc", Timeout = 90_000)]
    public Task Haskell_finds_its_packages() => PrintsAsync(
        "ghc -v0 a.hs -o h && ./h", "/work/a.hs", "import Data.Map\nmain = putStrLn (\"haskell works\" ++ show (size (singleton 1 2)))\n", "haskell works1");

    [KernelFact(tool: "mvn", Timeout = 60_000)]
    public Task Maven_starts() => PrintsAsync("mvn -v >log && grep -c Maven.3 log", "/work/none", "", "1");

    [KernelFact(tool: "python3")]
    public Task Matplotlib_is_imported_where_it_is_installed() => PrintsAsync(
        "python3 a.py", "/work/a.py",
        "import importlib.util\nif importlib.util.find_spec('matplotlib'):\n    import matplotlib; matplotlib.use('agg'); import matplotlib.pyplot\nprint('done')\n", "done");

    [KernelFact(tool: "make")]
    public Task Make_runs_in_parallel() => PrintsAsync(
        "make -s -j4 all", "/work/Makefile", "all: a b c\n\t@echo make works\na b c:\n\t@touch $@\n", "make works");

    [KernelFact(tool: "git")]
    public Task Git_commits() => PrintsAsync(
        "git init -q . && git -c user.name=a -c user.email=a@b add file && git -c user.name=a -c user.email=a@b commit -qm 'git works' && git log --format=%s",
        "/work/file", "text", "git works");

    [KernelFact]
    public Task Shell_tools_run() => PrintsAsync(
        "seq 3 | sort -r | head -1 > out; mkfifo pipe; (cat pipe &) ; echo x > pipe; tar cf a.tar out && tar tf a.tar; date +%Y >/dev/null; sleep 0.01; timeout 5 true",
        "/work/none", "", "x\nout");

    private async Task PrintsAsync(string script, string path, string text, string expected)
    {
        var job = Probe.Tool("sh", "-c", script) with
        {
            Files = [VerdictTests.Text(path, text)],
            Limits = new ResourceLimits { WallTime = TimeSpan.FromSeconds(25) * Requirements.Slowness, MemoryBytes = 1L << 30, DiskBytes = 512L << 20, Processes = 256 },
        };

        var result = await RunAsync(job);

        AssertPrinted(expected, result);
    }
}
