using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Sandbox.Server.Fronts.Piston;
using Sandbox.Server.Fronts.Runtimes;
using Sandbox.Server.Settings;
using Xunit;

namespace Sandbox.Tests.Server.Fronts;

public sealed class PistonTranslatorTests
{
    private static readonly string[] s_seeds =
    [
        """{"language":"c","version":"^12","files":[{"name":"main.c","content":"int main(){}"},{"name":"d/b.h","content":"AA==","encoding":"base64"},{"content":"ff","encoding":"hex"}],"stdin":"1 2","args":["1","2"],"compile_timeout":10000,"run_timeout":3000,"compile_memory_limit":-1,"run_memory_limit":-1,"run_cpu_time":100}""",
        """{"language":"py","version":"3.x || >=2.7 <4","files":[{"content":"print(1)"}],"stdin":null,"args":null}""",
    ];

    private static readonly string[] s_pieces =
        ["0", "-1", "1e999", "3000.5", "9007199254740993", "null", "true", "\"\"", "\"../x\"", "\"/etc/passwd\"", "\"-o\"", "\"\\u0000\"", "\"\\ud800\"", "\"*\"", "[]", "{}", "[[[[", "\"encoding\":\"base64\",", "\"language\":\"python\",", "\"version\":\"*\","];

    private static readonly RuntimesFile s_file = RuntimesFile.Read(Repository.PathOf("tests/Sandbox.Tests/Server/Fronts/runtimes.json"));
    private static readonly ServerSettings s_settings = new();

    [Fact]
    public async Task No_request_makes_the_translator_fail_or_gets_past_the_trust_boundary()
    {
        var mutator = new ByteMutator([.. s_seeds.Select(Encoding.UTF8.GetBytes)], [.. s_pieces.Select(Encoding.UTF8.GetBytes)], new Random(15));
        var watch = Stopwatch.StartNew();
        var (all, understood, runnable) = (0, 0, 0);

        for (; all < 500 || watch.Elapsed < ByteMutator.Time; all++)
        {
            foreach (var job in await TranslateAsync(mutator.Next(), isLive: all % 2 == 0))
            {
                understood++;
                Assert.All(job.Files, static file => Assert.StartsWith(PistonTranslator.Directory + "/", file.Path, StringComparison.Ordinal));
                runnable += TranslatedJob.Holds(job, s_settings, "/nowhere") ? 1 : 0;
            }
        }

        // One that refuses everything finds nothing.
        Assert.True(understood > all / 100 && runnable > all / 500, $"{all} {understood} {runnable}");
    }

    [Fact]
    public async Task A_limit_of_0_or_less_is_that_of_the_server_and_headers_are_not_compiled()
    {
        var jobs = await TranslateAsync(Encoding.UTF8.GetBytes("""{ "language": "gcc", "version": "*", "files": [{ "name": "-a", "content": "" }, { "name": "b.h", "content": "" }, { "name": "c.c", "content": "" }], "run_timeout": 0, "run_cpu_time": -1, "compile_memory_limit": 0 }"""), isLive: false);

        Assert.Equal(["gcc", "./-a", "c.c", "-o", "a.out"], jobs[0].Command);
        Assert.Equal((TimeSpan.FromSeconds(10), new ResourceLimits().MemoryBytes, 1024L), (jobs[0].Limits.WallTime, jobs[0].Limits.MemoryBytes, jobs[0].Limits.OutputBytes));
        Assert.Equal((TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(3), 100L << 20), (jobs[1].Limits.WallTime, jobs[1].Limits.CpuTime, jobs[1].Limits.MemoryBytes));
    }

    [Theory]
    [InlineData("3.10.4", "*", true)]
    [InlineData("3.10.4", "3", true)]
    [InlineData("3.10.4", "3.x", true)]
    [InlineData("3.10.4", "3.10", true)]
    [InlineData("3.10.4", "3.10.4", true)]
    [InlineData("3.10.4", "3.10.5", false)]
    [InlineData("3.10.4", "^3.2", true)]
    [InlineData("3.10.4", "^4", false)]
    [InlineData("0.2.4", "^0.2.3", true)]
    [InlineData("0.3.0", "^0.2.3", false)]
    [InlineData("3.10.4", "~3.10.2", true)]
    [InlineData("3.11.0", "~3.10", false)]
    [InlineData("3.10.4", ">=3.0.0 <4", true)]
    [InlineData("3.10.4", ">3.10", false)]
    [InlineData("3.10.4", "<=3.10", true)]
    [InlineData("3.10.4", "2.x || 3.x", true)]
    [InlineData("3.10.4", ">= 3.0.0 < 4", true)]
    [InlineData("3.10.4", "3.0.0 - 3.99.0", true)]
    [InlineData("3.10.4", "3.0.0 - 3.10", true)]
    [InlineData("3.11.0", "3.0.0 - 3.10", false)]
    [InlineData("3.10.4", "- 3.99.0", false)]
    [InlineData("3.10.4", "", true)]
    [InlineData("3.10.4", "latest", false)]
    [InlineData("3.10.4", "1.2.3.4", false)]
    public void A_range_has_the_versions_that_it_has_elsewhere(string version, string range, bool has) => Assert.Equal(has, SemanticVersion.Parse(version)!.Value.IsIn(range));

    [Theory]
    [InlineData("GNU bash, version 5.2.15(1)-release (x86_64-pc-linux-gnu)", "5.2.15")]
    [InlineData("Python 3.11.2\n", "3.11.2")]
    [InlineData("openjdk version \"17.0.9\" 2023-10-17", "17.0.9")]
    [InlineData("go version go1.22 linux/amd64", "1.22.0")]
    [InlineData("v18.19.0", "18.19.0")]
    [InlineData("GNU Awk 5.2.01, API 3.2", "5.2.1")]
    [InlineData("no version at all", null)]
    public void A_version_is_found_in_what_a_program_says(string said, string? version) => Assert.Equal(version, RuntimeDetector.VersionIn(said));

    [Theory]
    [InlineData("{")]
    [InlineData("""{ "runtimes": [{ "language": "a", "version": "1", "run": ["a"] }] }""")]
    [InlineData("""{ "runtimes": [{ "language": "a", "version": "1.0.0", "run": [] }] }""")]
    [InlineData("""{ "runtimes": [{ "language": "a", "version": "1.0.0", "run": ["a"], "colour": 1 }] }""")]
    [InlineData("""{ "runtimes": null }""")]
    public void A_runtimes_file_that_is_none_is_refused(string text)
    {
        using var directory = new TemporaryDirectory();
        File.WriteAllText(directory.Path + "/file", text);

        Assert.Throws<FormatException>(() => RuntimesFile.Read(directory.Path + "/file"));
    }

    private static async Task<IReadOnlyList<JobSpec>> TranslateAsync(byte[] request, bool isLive)
    {
        try
        {
            using var body = PistonFront.Parse(request);
            var read = await PistonRequest.ReadAsync(body.RootElement, new RuntimeTable(s_file), s_settings);
            var translator = new PistonTranslator(s_settings);
            return translator.Compile(read, isLive) is { } compile ? [compile, translator.Run(read, JobResult.CancelledBeforeStart(null, ""), isLive)] : [translator.Run(read, null, isLive)];
        }
        catch (Exception refused) when (refused is JsonException or PistonRefusal)
        {
            return [];
        }
    }
}
