using Xunit;

namespace Sandbox.KernelTests;

/// <summary>What a program reserves is not what it uses: a limit on memory does not keep it from starting.</summary>
[Trait("limits", "true")]
public sealed class ReservationTests : KernelTest
{
    private const string DeepThread =
        """
        public class Main implements Runnable {
          static int deep(int n) { return n == 0 ? 0 : 1 + deep(n - 1); }
          public void run() { System.out.println(deep(100000)); }
          public static void main(String[] a) throws Exception { Thread t = new Thread(null, new Main(), "", 1L << 28); t.start(); t.join(); }
        }
        """;

    [KernelTheory(Needs.NativeKernel, "gcc")]
    [InlineData("address")]
    [InlineData("thread")]
    public Task A_sanitizer_starts(string kind) => PrintsAsync(
        $"gcc -fsanitize={kind} main.c -o main && ASAN_OPTIONS=detect_leaks=0 ./main",
        "/work/main.c", "#include <stdio.h>\nint main(void) { puts(\"works\"); return 0; }\n", "works", 256);

    [KernelFact(Needs.NativeKernel, "python3")]
    public Task A_thread_of_Python_has_a_large_stack() => PrintsAsync(
        "python3 main.py", "/work/main.py",
        "import threading\nthreading.stack_size(512 << 20)\nt = threading.Thread(target=lambda: print('works'))\nt.start(); t.join()\n", "works", 256);

    [KernelTheory(Needs.NativeKernel, "javac", Timeout = 90_000)]
    [InlineData("", 256)]
    [InlineData("-XX:MaxRAM=64g", 512)]
    public Task A_thread_of_Java_has_a_large_stack(string option, int mebibytes) => PrintsAsync(
        $"javac -J-Xmx64m Main.java && java {option} Main", "/work/Main.java", DeepThread, "100000", mebibytes);

    [KernelFact(Needs.NativeKernel, "sbcl")]
    public Task Lisp_starts() => PrintsAsync("sbcl --script main.lisp", "/work/main.lisp", "(write-line \"works\")\n", "works", 256);

    [KernelFact(Needs.NativeKernel, "node", Timeout = 60_000)]
    public Task Node_starts() => PrintsAsync("node main.js", "/work/main.js", "console.log('works')\n", "works", 128);

    [KernelFact(Needs.NativeKernel, "go", Timeout = 120_000)]
    public Task Go_starts() => PrintsAsync(
        "GOCACHE=/tmp/go GO111MODULE=off go run main.go", "/work/main.go",
        "package main\nimport \"fmt\"\nfunc main() { fmt.Println(\"works\") }\n", "works", 512);

    [KernelFact(Needs.NativeKernel, "gcc")]
    public Task Memory_that_is_never_touched_is_not_used() => PrintsAsync(
        "gcc main.c -o main && ./main", "/work/main.c",
        """
        #include <stdio.h>
        #include <stdlib.h>
        static char zeros[800 << 20];
        int main(void) { char *more = malloc(1ul << 30); puts(more && !zeros[5] ? "works" : "refused"); return 0; }
        """, "works", 256);

    // new throws where memory is refused, and an exception that nobody catches is a SIGABRT of its own doing.
    [KernelFact(Needs.NativeKernel, "g++", Timeout = 60_000)]
    public async Task A_program_that_takes_ever_more_is_memory_limit_each_time()
    {
        for (var run = 0; run < 8; run++)
        {
            var result = await RunAsync(Script(
                "g++ -O1 main.cpp -o main && ./main", "/work/main.cpp",
                "#include <cstring>\nint main() { for (;;) std::memset(new char[1 << 20], 1, 1 << 20); }\n", 256));

            AssertVerdict(Verdict.MemoryLimit, result);
            Assert.Equal(["memory"], result.LimitsHit);
        }
    }

    private async Task PrintsAsync(string script, string path, string text, string expected, int mebibytes) =>
        AssertPrinted(expected, await RunAsync(Script(script, path, text, mebibytes)));

    private static JobSpec Script(string script, string path, string text, int mebibytes) => Probe.Tool("sh", "-c", "exec 2>&1; " + script) with
    {
        Files = [VerdictTests.Text(path, text)],
        Limits = new ResourceLimits { WallTime = TimeSpan.FromSeconds(60), MemoryBytes = (long)mebibytes << 20, DiskBytes = 128 << 20, Processes = 256 },
    };
}
