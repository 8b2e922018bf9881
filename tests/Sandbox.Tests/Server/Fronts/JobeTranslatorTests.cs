using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Sandbox.Server.Fronts.Jobe;
using Sandbox.Server.Fronts.Runtimes;
using Sandbox.Server.Settings;
using Xunit;

namespace Sandbox.Tests.Server.Fronts;

public sealed class JobeTranslatorTests
{
    private static readonly string[] s_seeds =
    [
        """{"run_spec":{"language_id":"c","sourcecode":"int main(void){}","sourcefilename":"a.c","input":"1","file_list":[["0123456789abcdef","b.h",true]],"parameters":{"cputime":3,"memorylimit":100,"disklimit":-1,"streamsize":1.5,"numprocs":20,"compileargs":["-Wall -g"],"linkargs":["-lm"],"runargs":["x y"]},"debug":true}}""",
        """{"run_spec":{"language_id":"PYTHON3","sourcecode":"print(1)","parameters":{"interpreterargs":["-E"]}}}""",
    ];

    private static readonly string[] s_pieces =
        ["0", "-1", "1e308", "121", "null", "\"\"", "\"../x\"", "\".x\"", "\"/etc/passwd\"", "\"; touch /x\"", "\"\\u0000\"", "\"\\ud800\"", "[]", "{}", "[[[[", "[\"0123456789\",\"a/b\"]", "\"cputime\":120,", "\"sourcefilename\":\"prog.java\","];

    private static readonly RuntimesFile s_file = RuntimesFile.Read(Repository.PathOf("tests/Sandbox.Tests/Server/Fronts/runtimes.json"));
    private static readonly ServerSettings s_settings = new();

    [Fact]
    public async Task No_request_makes_the_translator_fail_or_gets_past_the_trust_boundary()
    {
        var mutator = new ByteMutator([.. s_seeds.Select(Encoding.UTF8.GetBytes)], [.. s_pieces.Select(Encoding.UTF8.GetBytes)], new Random(16));
        var watch = Stopwatch.StartNew();
        var (all, understood, runnable) = (0, 0, 0);

        for (; all < 500 || watch.Elapsed < ByteMutator.Time; all++)
        {
            foreach (var job in await TranslateAsync(mutator.Next()))
            {
                understood++;
                Assert.All(job.Files, static file => Assert.StartsWith(JobeTranslator.Directory + "/", file.Path, StringComparison.Ordinal));
                runnable += TranslatedJob.Holds(job, s_settings, "/nowhere") ? 1 : 0;
            }
        }

        // One that refuses everything finds nothing.
        Assert.True(understood > all / 100 && runnable > all / 500, $"{all} {understood} {runnable}");
    }

    [Fact]
    public async Task Limits_have_their_units_and_the_compiler_has_its_least()
    {
        var jobs = await TranslateAsync("""{ "run_spec": { "language_id": "c", "sourcecode": "", "parameters": { "cputime": 1, "memorylimit": 100, "disklimit": 1, "numprocs": 2, "streamsize": 3 } } }"""u8.ToArray());

        Assert.Equal(["/bin/sh", "-c", "gcc -Wall -Werror -std=c99 -x c -o prog.c.exe prog.c "], jobs[0].Command);
        Assert.Equal((TimeSpan.FromSeconds(2), 500_000_000L, 20_000_000L, 6), (jobs[0].Limits.CpuTime, jobs[0].Limits.AddressSpaceBytes, jobs[0].Limits.FileSizeBytes, jobs[0].Limits.Processes));
        Assert.Equal((TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2), 100_000_000L, 1_000_000L, 3, 3_000_000L), (jobs[1].Limits.CpuTime, jobs[1].Limits.WallTime, jobs[1].Limits.AddressSpaceBytes, jobs[1].Limits.FileSizeBytes, jobs[1].Limits.Processes, jobs[1].Limits.OutputBytes));

        jobs = await TranslateAsync("""{ "run_spec": { "language_id": "python3", "sourcecode": "", "parameters": { "memorylimit": 0, "disklimit": -1 } } }"""u8.ToArray());
        Assert.Equal((TimeSpan.FromSeconds(5), null, s_settings.Maximum.FileSizeBytes), (jobs[1].Limits.CpuTime, jobs[1].Limits.AddressSpaceBytes, jobs[1].Limits.FileSizeBytes));
    }

    [Fact]
    public async Task Numbers_may_be_text_and_what_is_none_is_the_default()
    {
        var jobs = await TranslateAsync("""{ "run_spec": { "language_id": "python3", "sourcecode": 1, "input": 5, "parameters": { "cputime": "7", "memorylimit": "1.5", "numprocs": " 9", "streamsize": "1e-1", "disklimit": "x" } } }"""u8.ToArray());

        Assert.Equal((TimeSpan.FromSeconds(7), 1_500_000L, 10, 100_000L, 20_000_000L), (jobs[1].Limits.CpuTime, jobs[1].Limits.AddressSpaceBytes, jobs[1].Limits.Processes, jobs[1].Limits.OutputBytes, jobs[1].Limits.FileSizeBytes));
        Assert.Equal(["/bin/sh", "-c", "python3 -m py_compile prog.py"], jobs[0].Command);
        Assert.Equal(64L << 20, jobs[0].Limits.CollectBytes);
        Assert.Empty(await TranslateAsync("""{ "run_spec": { "language_id": "python3", "sourcecode": "", "parameters": { "cputime": "121" } } }"""u8.ToArray()));
    }

    [Theory]
    [InlineData("a b.py", "python3 -BE 'a b.py' \nexit $?")]
    [InlineData("naïve.py", "python3 -BE 'naïve.py' \nexit $?")]
    [InlineData("a%b.py", "python3 -BE 'a%b.py' \nexit $?")]
    [InlineData(".a.py", null)]
    [InlineData("-a.py", null)]
    [InlineData("a/b.py", null)]
    [InlineData("a;b.py", null)]
    [InlineData("$(a).py", null)]
    [InlineData("a'b.py", null)]
    [InlineData("a\nb.py", null)]
    public async Task The_name_of_a_source_is_one_word_and_leads_nowhere(string name, string? command)
    {
        var jobs = await TranslateAsync(JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, object> { ["run_spec"] = new Dictionary<string, object> { ["language_id"] = "python3", ["sourcecode"] = "", ["sourcefilename"] = name } }));

        Assert.Equal(command, jobs.Count == 0 ? null : jobs[1].Command[2]);
    }

    [Theory]
    [InlineData(".env", true)]
    [InlineData("-x-", true)]
    [InlineData("a.b-c_d", true)]
    [InlineData("..", false)]
    [InlineData("", false)]
    [InlineData("a/b", false)]
    [InlineData("a b", false)]
    public async Task The_name_of_a_file_may_begin_with_a_dot_or_a_hyphen(string name, bool isOne)
    {
        var jobs = await TranslateAsync(Encoding.UTF8.GetBytes($$"""{ "run_spec": { "language_id": "python3", "sourcecode": "", "file_list": [["0123456789abcdef", "{{name}}", true]] } }"""));

        Assert.Equal(isOne, jobs.Count > 0 && jobs[0].Files.Any(file => file.Path == JobeTranslator.Directory + "/" + name));
    }

    [Theory]
    [InlineData("class A {} public class B { public static void main(String[] a) {} }", "{}", "B")]
    [InlineData("public class A {} public class B { static public void main(String a) {} } public class C {}", "{}", "B")]
    [InlineData("public class A { }", "{}", "A")]
    [InlineData("enum A { }", "{}", "prog")]
    [InlineData("public class A { }", """{ "main_class": "org.example.Main" }""", "org.example.Main")]
    [InlineData("public class A { }", """{ "main_class": "A; touch /x", "memorylimit": 1, "numprocs": 2 }""", "A")]
    public async Task Java_runs_the_class_that_main_is_in_with_threads_of_its_own(string code, string parameters, string main)
    {
        var jobs = await TranslateAsync(Encoding.UTF8.GetBytes($$"""{ "run_spec": { "language_id": "java", "sourcecode": "{{code}}", "parameters": {{parameters}} } }"""));

        Assert.Equal($"java -Xrs -Xss8m -Xmx200m {main} \nexit $?", jobs[1].Command[2]);
        Assert.Equal((null, 257, 257), (jobs[1].Limits.AddressSpaceBytes, jobs[1].Limits.Processes, jobs[0].Limits.Processes));
    }

    private static async Task<IReadOnlyList<JobSpec>> TranslateAsync(byte[] request)
    {
        try
        {
            using var body = JsonDocument.Parse(request);
            var read = await JobeRequest.ReadAsync(body.RootElement, new RuntimeTable(s_file));
            var files = read.Files.DistinctBy(static file => file.Name).ToDictionary(static file => file.Name, static file => Content.Stored(new string('a', 64)));
            var translator = new JobeTranslator(s_settings);
            return translator.Compile(read, files) is { } compile ? [compile, translator.Run(read, files, JobResult.CancelledBeforeStart(null, ""))] : [translator.Run(read, files, null)];
        }
        catch (Exception refused) when (refused is JsonException or JobeRefusal)
        {
            return [];
        }
    }
}
