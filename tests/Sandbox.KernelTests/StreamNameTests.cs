using Xunit;

namespace Sandbox.KernelTests;

/// <summary>The streams do the same by their names in /dev and /proc as by their descriptors, whoever the job is.</summary>
public sealed class StreamNameTests : StoreTest
{
    private const string Written = "to stdout\ncopied\nto a number\n";
    private const string Complained = "copied\nto stderr\n";

    private static readonly string[] s_names = ["/dev/stdin", "/dev/fd/0", "/proc/self/fd/0", "/proc/thread-self/fd/0"];

    public static TheoryData<string, string> Inputs() =>
        new(from input in (string[])["null", "text", "small file", "large file", "stored"]
            from who in (string[])["user", "root"]
            select (input, who));

    public static TheoryData<string, string> Outputs() =>
        new(from output in (string[])["capture", "merge", "discard", "file"]
            from who in (string[])["user", "root"]
            select (output, who));

    [KernelTheory]
    [MemberData(nameof(Inputs))]
    public async Task Stdin_is_read_by_any_of_its_names(string input, string who)
    {
        var (stdin, length) = Input(input);
        foreach (var name in s_names)
        {
            var result = await RunStoredAsync(As(who, Probe.Tool("sh", "-c", "cat $0 | wc -c", name)) with { Stdin = stdin });

            AssertPrinted($"{length}", result);
            Assert.Equal("", Err(result));
        }
    }

    [KernelTheory(Needs.SubIds)]
    [InlineData("null")]
    [InlineData("large file")]
    [InlineData("stored")]
    public async Task Stdin_is_read_by_its_name_where_a_job_has_many_ids(string input)
    {
        var (stdin, length) = Input(input);

        var result = await RunStoredAsync(Probe.Tool("sh", "-c", "cat /dev/stdin | wc -c") with { Stdin = stdin, SubIds = true });

        AssertPrinted($"{length}", result);
        Assert.Equal("", Err(result));
    }

    [KernelTheory]
    [MemberData(nameof(Outputs))]
    public async Task Output_is_written_by_any_of_its_names(string output, string who) =>
        await AssertWritten(output, As(who, Writer()));

    [KernelTheory(Needs.SubIds)]
    [InlineData("capture")]
    [InlineData("file")]
    public async Task Output_is_written_by_its_names_where_a_job_has_many_ids(string output) =>
        await AssertWritten(output, Writer() with { SubIds = true });

    [KernelFact]
    public async Task A_terminal_is_opened_by_the_names_of_the_streams() =>
        await AssertTerminal(Probe.Tool("sh", "-c", "echo out >/dev/stdout; echo err >/dev/stderr; read word </dev/stdin; echo got $word"));

    [KernelFact(Needs.SubIds)]
    public async Task A_terminal_is_opened_by_its_names_where_a_job_has_many_ids() =>
        await AssertTerminal(Probe.Tool("sh", "-c", "echo out >/dev/stdout; echo err >/dev/stderr; read word </dev/stdin; echo got $word") with { SubIds = true });

    [KernelFact]
    public async Task Without_input_stdin_is_the_null_device_of_the_job()
    {
        const string Where = """
            stat -L -c %t:%T /dev/stdin; exec 9<&0
            while read key value; do [ "$key" = mnt_id: ] && mine=$value; done </proc/self/fdinfo/9
            while read id parent device root point rest; do [ "$id" != "$mine" ] || echo "$point"; done </proc/self/mountinfo
            """;

        AssertPrinted("1:3\n/dev/null", await RunAsync(Probe.Tool("sh", "-c", Where)));
    }

    [KernelFact]
    public async Task A_stored_file_that_is_read_by_name_cannot_be_written()
    {
        var (stdin, _) = Input("stored");

        var result = await RunStoredAsync(Probe.Job("reopen_stdio") with { Stdin = stdin });

        AssertPrinted("denied", result);
    }

    private static JobSpec Writer() =>
        Probe.Tool("sh", "-c", "echo to stdout >/dev/stdout; echo copied | tee /dev/stderr; echo to a number >/dev/fd/1; echo to stderr >>/proc/self/fd/2");

    private static JobSpec As(string who, JobSpec job) => who == "root" ? job with { User = new JobUser { Uid = 0, Gid = 0 } } : job;

    private (Stdin Stdin, int Length) Input(string kind)
    {
        var bytes = new byte[kind.StartsWith("large", StringComparison.Ordinal) ? 3_000_000 : 300];
        var path = Path.Combine(Directory, "input");
        File.WriteAllBytes(path, bytes);
        return kind switch
        {
            "null" => (new NullStdin(), 0),
            "text" => (new ContentStdin { Content = new InlineContent { Bytes = bytes } }, bytes.Length),
            "stored" => (new ContentStdin { Content = Put(bytes) }, bytes.Length),
            _ => (new ContentStdin { Content = new FileContent { Path = path } }, bytes.Length),
        };
    }

    private async Task AssertWritten(string output, JobSpec job)
    {
        var path = Path.Combine(Directory, "out.txt");
        var result = await RunAsync(output switch
        {
            "merge" => job with { Stderr = new MergedStream() },
            "discard" => job with { Stdout = new DiscardStream() },
            "file" => job with { Stdout = new FileOutput { Path = path } },
            _ => job,
        });

        AssertVerdict(Verdict.Ok, result);
        if (output == "merge")
        {
            // Two writers of one pipe: tee writes to both of its outputs before the next command begins.
            Assert.Equal("to stdout\ncopied\ncopied\nto a number\nto stderr\n", Out(result));
            return;
        }

        Assert.Equal(output == "capture" ? Written : "", Out(result));
        Assert.Equal(Complained, Err(result));
        if (output == "file")
        {
            Assert.Equal(Written, await File.ReadAllTextAsync(path, Cancellation));
        }
    }

    private async Task AssertTerminal(JobSpec job)
    {
        var typed = new ContentStdin { Content = new InlineContent { Bytes = "word\n"u8.ToArray() } };

        var result = await RunAsync(job with { Terminal = true, Stdin = typed, Stderr = new MergedStream() });

        AssertVerdict(Verdict.Ok, result);

        // What is typed is echoed whenever it comes.
        Assert.All((string[])["out\r\n", "err\r\n", "got word\r\n"], words => Assert.Contains(words, Out(result), StringComparison.Ordinal));
    }
}
