using Xunit;

namespace Sandbox.KernelTests;

/// <summary>The usual toolchains run under the default policy: a sandbox in which nothing works is no use.</summary>
public sealed class ToolchainTests : KernelTest
{
    [KernelFact(tool: "locale")]
    public async Task Text_is_utf8_by_default() => AssertPrinted("UTF-8", await RunAsync(Probe.Tool("locale", "charmap")));

    [KernelFact(tool: "mvn", Timeout = 60_000)]
    public Task Maven_starts() => PrintsAsync("mvn -v >log && grep -c Maven.3 log", "/work/none", "", "1");

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
