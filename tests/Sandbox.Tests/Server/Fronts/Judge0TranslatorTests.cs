using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Sandbox.Server.Fronts.Judge0;
using Sandbox.Server.Fronts.Runtimes;
using Sandbox.Server.Settings;
using Xunit;

namespace Sandbox.Tests.Server.Fronts;

public sealed class Judge0TranslatorTests
{
    private static readonly string[] s_seeds =
    [
        """{"source_code":"int main(void){}","language_id":50,"compiler_options":"-O2 -Wall","command_line_arguments":"a 'b c'","stdin":"1","expected_output":"2","cpu_time_limit":"1.5","cpu_extra_time":0.5,"wall_time_limit":3,"memory_limit":"65536","stack_limit":1024,"max_processes_and_or_threads":20,"enable_per_process_and_thread_time_limit":true,"enable_per_process_and_thread_memory_limit":false,"max_file_size":512,"number_of_runs":2,"redirect_stderr_to_stdout":true,"enable_network":false,"callback_url":null}""",
        """{"source_code":"print(1)","language_id":"71","enable_per_process_and_thread_memory_limit":true,"additional_files":"ZIP"}""",
        """{"language_id":89,"additional_files":"ZIP"}""",
    ];

    private static readonly string[] s_pieces =
        ["0", "-1", "1e308", "21", "50", "46", "89", "null", "true", "\"\"", "\"../x\"", "\"$(touch /x)\"", "\"; touch /x\"", "\"\\u0000\"", "\"\\ud800\"", "[]", "{}", "[[[[", "\"enable_network\":true,", "\"callback_url\":\"http://169.254.169.254/\",", "\"memory_limit\":1e12,", "\"NaN\"", "\"stack_limit\":0,"];

    private static readonly RuntimesFile s_file = new() { Runtimes = [Of("bash", "5.2.15"), Of("c", "12.2.0"), Of("c++", "12.2.0"), Of("python", "3.11.2")] };
    private static readonly ServerSettings s_settings = new();

    [Fact]
    public async Task No_request_makes_the_translator_fail_or_gets_past_the_trust_boundary()
    {
        var zip = Convert.ToBase64String(SubmissionArchiveTests.Zip(("compile", "true", 0), ("run", "echo", 0), ("data/x", "y", 0), ("link", "/etc/passwd", 0xA1FF << 16), ("e/", "", 0)));
        var mutator = new ByteMutator([.. s_seeds.Select(seed => Encoding.UTF8.GetBytes(seed.Replace("ZIP", zip, StringComparison.Ordinal)))], [.. s_pieces.Select(Encoding.UTF8.GetBytes)], new Random(18));
        var watch = Stopwatch.StartNew();
        var (all, understood, runnable) = (0, 0, 0);

        for (; all < 500 || watch.Elapsed < ByteMutator.Time; all++)
        {
            foreach (var job in await TranslateAsync(mutator.Next(), s_settings))
            {
                understood++;
                Assert.All(job.Files, static file => Assert.StartsWith(Judge0Translator.Directory + "/", file.Path, StringComparison.Ordinal));
                Assert.All(job.Mounts, static mount => Assert.StartsWith(Judge0Translator.Directory, mount.Target, StringComparison.Ordinal));
                runnable += TranslatedJob.Holds(job, s_settings, "/nowhere") ? 1 : 0;
            }
        }

        // One that refuses everything finds nothing.
        Assert.True(understood > all / 100 && runnable > all / 500, $"{all} {understood} {runnable}");
    }

    [Fact]
    public async Task Limits_have_their_units()
    {
        var jobs = await TranslateAsync("""{ "source_code": "x", "language_id": 50, "cpu_time_limit": "1.5", "cpu_extra_time": 0.5, "wall_time_limit": 3, "memory_limit": "65536", "stack_limit": 1000, "max_processes_and_or_threads": 20, "max_file_size": 512 }"""u8.ToArray(), s_settings);
        var (compile, run) = (jobs[0].Limits, jobs[1].Limits);

        Assert.Equal((TimeSpan.FromSeconds(15), TimeSpan.FromSeconds(20), 512000L * 1024, 120, 4096L * 1024), (compile.CpuTime, compile.WallTime, compile.MemoryBytes, compile.Processes, compile.OutputBytes));
        Assert.Equal((TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(3), 65536L * 1024, 20, 512L * 1024, 512L * 1024, 1000L * 1024), (run.CpuTime, run.WallTime, run.MemoryBytes, run.Processes, run.FileSizeBytes, run.OutputBytes, run.StackBytes));

        jobs = await TranslateAsync("""{ "source_code": "x", "language_id": 71, "cpu_time_limit": 0, "stack_limit": 0, "max_file_size": 0, "enable_per_process_and_thread_memory_limit": true }"""u8.ToArray(), s_settings);
        run = jobs[0].Limits;
        Assert.Equal((null, ResourceLimits.Unlimited, s_settings.Maximum.FileSizeBytes, s_settings.Maximum.OutputBytes, 128000L * 1024, s_settings.Maximum.MemoryBytes), (run.CpuTime, run.StackBytes, run.FileSizeBytes, run.OutputBytes, run.AddressSpaceBytes, run.MemoryBytes));
    }

    [Fact]
    public async Task Words_of_a_submission_are_no_commands()
    {
        var jobs = await TranslateAsync("""{ "source_code": "x", "language_id": 50, "compiler_options": "-O2 $(touch x); `id` | a & b > c < d", "command_line_arguments": " 'a b' $HOME " }"""u8.ToArray(), s_settings);

        Assert.Equal("gcc -O2 (touch x) id  a  b  c  d main.c\n", TextOf(jobs[0], "/box/compile"));
        Assert.Equal("./a.out 'a b' HOME\n", TextOf(jobs[1], "/box/run"));
        Assert.Equal([["/bin/bash", "compile"], ["/bin/bash", "run"]], jobs.Select(static job => job.Command));
    }

    [Fact]
    public async Task A_network_is_had_only_where_the_server_allows_one()
    {
        var request = """{ "source_code": "x", "language_id": 46, "enable_network": true }"""u8.ToArray();

        Assert.Empty(await TranslateAsync(request, s_settings));
        var (settings, problems) = SettingsReader.Read(["--allow", "egress=any"], static _ => null);
        Assert.Empty(problems);
        Assert.Equal(Network.Egress("any"), Assert.Single(await TranslateAsync(request, settings)).Network);
    }

    [Theory]
    [InlineData("""{}""", "language_id: can't be blank; language_id: language with id  doesn't exist; source_code: can't be blank")]
    [InlineData("""{ "source_code": " \n", "language_id": "71" }""", "source_code: can't be blank")]
    [InlineData("""{ "source_code": "x", "language_id": 12345 }""", "language_id: language with id 12345 doesn't exist")]
    [InlineData("""{ "source_code": "x", "language_id": 7 }""", "language_id: language with id 7 is archived and cannot be used anymore")]
    [InlineData("""{ "source_code": "x", "language_id": 89 }""", "source_code: must be blank; additional_files: can't be blank")]
    [InlineData("""{ "source_code": "x", "language_id": 71, "additional_files": "bm9uZQ==" }""", "additional_files: is not a zip archive that can be read")]
    [InlineData("""{ "source_code": "x", "language_id": 71, "cpu_time_limit": 15.5, "wall_time_limit": 0.5, "memory_limit": "1000", "number_of_runs": 21 }""", "number_of_runs: must be less than or equal to 20; cpu_time_limit: must be less than or equal to 15.0; wall_time_limit: must be greater than or equal to 1; memory_limit: must be greater than or equal to 2048")]
    [InlineData("""{ "source_code": "x", "language_id": 71, "stack_limit": "many", "max_file_size": 1e300, "cpu_extra_time": "NaN" }""", "cpu_extra_time: is not a number; stack_limit: is not a number; max_file_size: must be less than or equal to 4096")]
    [InlineData("""{ "source_code": "x", "language_id": 71, "enable_network": true, "callback_url": "http://x/" }""", "enable_network: this option cannot be enabled; callback_url: setting callback is not allowed")]
    [InlineData("""{ "source_code": "x", "language_id": 71, "compiler_options": "-O2" }""", "compiler_options: setting compiler options is only allowed for compiled languages")]
    public async Task What_is_wrong_is_said_by_member(string request, string problems)
    {
        using var body = JsonDocument.Parse(request);

        var (submission, found) = (await ReaderAsync(s_settings)).Read(body.RootElement, "t", DateTimeOffset.UnixEpoch);

        Assert.Null(submission);
        Assert.Equal(problems, Written(found));
    }

    [Fact]
    public async Task What_is_null_empty_or_unknown_is_the_default()
    {
        using var body = JsonDocument.Parse("""{ "source_code": "x", "language_id": "71", "cpu_time_limit": null, "memory_limit": "", "stdin": null, "wat": [1], "enable_network": "false", "redirect_stderr_to_stdout": "1", "callback_url": "" }""");

        var (submission, problems) = (await ReaderAsync(s_settings)).Read(body.RootElement, "t", DateTimeOffset.UnixEpoch);

        Assert.True(problems.IsEmpty);
        Assert.True(submission is { CpuTimeLimit: 5, MemoryLimit: 128000, Stdin: null, HasNetwork: false, RedirectsStderr: true, CallbackUrl: null, NumberOfRuns: 1, LanguageId: 71 });
    }

    [Fact]
    public void All_fields_are_those_of_the_release_and_times_have_a_fraction_and_z()
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            SubmissionFields.Write(json, JudgedRunTests.Asked() with { Time = 0.002m, Memory = 5 }, SubmissionFields.All, isBase64: false, []);
        }

        var written = JsonDocument.Parse(bytes.ToArray()).RootElement;
        Assert.Equal(35, written.EnumerateObject().Count());
        Assert.Equal(("0.002", "5.0", "10.0", 128000), (written.GetProperty("time").GetString(), written.GetProperty("cpu_time_limit").GetString(), written.GetProperty("wall_time_limit").GetString(), written.GetProperty("memory_limit").GetInt32()));
        Assert.Equal("2026-11-30T12:00:00.123Z", written.GetProperty("created_at").GetString());
        Assert.Equal(JsonValueKind.Null, written.GetProperty("stdout").ValueKind);
    }

    [Theory]
    [InlineData(null, 8, "")]
    [InlineData("", 8, "")]
    [InlineData("*", 35, "")]
    [InlineData("token, stdout", 2, "")]
    [InlineData("token,x,queue_host", 3, "x, queue_host")]
    public void Fields_are_those_that_are_asked_for(string? asked, int count, string unknown)
    {
        Assert.Equal((count, unknown), (SubmissionFields.Of(asked, out var wrong).Count, string.Join(", ", wrong)));
    }

    [Fact]
    public async Task Numbers_of_languages_keep_their_meaning_and_names_have_the_version_that_is_there()
    {
        var offered = await Judge0Language.OfferedAsync(new RuntimeTable(s_file));

        Assert.Equal(
            [(43, "Plain Text"), (44, "Executable"), (46, "Bash (5.2.15)"), (48, "C (GCC 12.2.0)"), (49, "C (GCC 12.2.0)"), (50, "C (GCC 12.2.0)"), (52, "C++ (GCC 12.2.0)"), (53, "C++ (GCC 12.2.0)"), (54, "C++ (GCC 12.2.0)"), (71, "Python (3.11.2)"), (89, "Multi-file program")],
            offered.Select(static language => (language.Language.Id, language.Name)));
        Assert.Equal(Enumerable.Range(43, 47), Judge0Language.Numbers.Select(static language => language.Id));
    }

    [Theory]
    [InlineData("http://10.0.0.1:80/x?y=1", true)]
    [InlineData("https://example.org", true)]
    [InlineData("ftp://example.org/", false)]
    [InlineData("file:///etc/passwd", false)]
    [InlineData("http://user:password@example.org/", false)]
    [InlineData("/x", false)]
    public void A_callback_goes_by_http_and_shows_no_password(string url, bool isUrl) => Assert.Equal(isUrl, CallbackSender.IsUrl(url));

    private static async Task<SubmissionReader> ReaderAsync(ServerSettings settings) =>
        new(settings.Judge0, await Judge0Language.OfferedAsync(new RuntimeTable(s_file)), new Judge0Translator(settings, settings.Judge0).Network is not null, hasCallbacks: false, isBase64: false);

    private static string Written(SubmissionProblems problems)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            problems.Write(json);
        }

        return string.Join("; ", JsonDocument.Parse(bytes.ToArray()).RootElement.EnumerateObject().SelectMany(static member => member.Value.EnumerateArray().Select(text => $"{member.Name}: {text.GetString()}")));
    }

    private static Runtime Of(string language, string version) => new() { Language = language, Version = version, Run = ["x"] };

    private static string TextOf(JobSpec job, string path) => Encoding.UTF8.GetString(((InlineContent)job.Files.Single(file => file.Path == path).Content).Bytes.Span);

    private static async Task<IReadOnlyList<JobSpec>> TranslateAsync(byte[] request, ServerSettings settings)
    {
        try
        {
            using var body = JsonDocument.Parse(request);
            var (submission, _) = (await ReaderAsync(settings)).Read(body.RootElement, "t", DateTimeOffset.UnixEpoch);
            if (submission is null)
            {
                return [];
            }

            var offered = (await Judge0Language.OfferedAsync(new RuntimeTable(s_file))).First(language => language.Language.Id == submission.LanguageId);
            var translator = new Judge0Translator(settings, settings.Judge0);
            return translator.Compile(submission, offered) is { } compile ? [compile, translator.Run(submission, offered, JobResult.CancelledBeforeStart(null, ""))] : [translator.Run(submission, offered, null)];
        }
        catch (Exception refused) when (refused is JsonException or InvalidOperationException or FormatException)
        {
            return [];
        }
    }
}
