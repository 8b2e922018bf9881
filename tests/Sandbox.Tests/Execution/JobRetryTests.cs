using Sandbox.Execution;
using Xunit;

namespace Sandbox.Tests.Execution;

/// <summary>A job is begun again only where nothing that its caller has given is used up by the first time.</summary>
public sealed class JobRetryTests
{
    private static readonly JobSpec s_job = new() { Command = ["true"] };

    public static TheoryData<string, bool> Jobs => new()
    {
        { "plain", true },
        { "text", true },
        { "file", true },
        { "device", false },
        { "live stdin", false },
        { "inherited stdin", false },
        { "pipe", false },
        { "terminal", false },
        { "discarded", true },
        { "merged", true },
        { "to a file", false },
        { "live stderr", false },
        { "inherited stdout", false },
    };

    [Theory]
    [MemberData(nameof(Jobs))]
    public void What_can_be_read_and_written_only_once_is_not_begun_again(string job, bool expected) => Assert.Equal(expected, JobRetry.IsFor(Named(job), attachment: null));

    private static JobSpec Named(string job) => job switch
    {
        "plain" => s_job,
        "text" => s_job with { Stdin = Stdin.Text("1 2") },
        "file" => s_job with { Stdin = Stdin.From(new FileContent { Path = "/proc/self/exe" }) },
        "device" => s_job with { Stdin = Stdin.From(new FileContent { Path = "/dev/null" }) },
        "live stdin" => s_job with { Stdin = Stdin.Live },
        "inherited stdin" => s_job with { Stdin = Stdin.Inherit },
        "pipe" => s_job with { Stdin = new PipeStdin { Pipe = "x" } },
        "terminal" => s_job with { Terminal = true },
        "discarded" => s_job with { Stdout = OutputStream.Discard },
        "merged" => s_job with { Stderr = OutputStream.Merged },
        "to a file" => s_job with { Stdout = OutputStream.File("/tmp/out") },
        "live stderr" => s_job with { Stderr = OutputStream.Live },
        "inherited stdout" => s_job with { Stdout = OutputStream.Inherit },
        _ => throw new ArgumentOutOfRangeException(nameof(job)),
    };
}
