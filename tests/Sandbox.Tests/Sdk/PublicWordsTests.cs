using Xunit;

namespace Sandbox.Tests.Sdk;

/// <summary>Names, numbers and text for programs that talk to people.</summary>
public sealed class PublicWordsTests
{
    [Theory]
    [InlineData("64MiB", 64L << 20)]
    [InlineData("1.5GB", 1_500_000_000L)]
    public void A_size_is_exact_and_reads_back(string text, long bytes)
    {
        Assert.Equal(bytes, Quantities.ParseSize(text));
        Assert.Equal(bytes, Quantities.ParseSize(Quantities.FormatSize(bytes)));
    }

    [Fact]
    public void A_duration_is_exact_and_reads_back()
    {
        Assert.Equal(TimeSpan.FromMilliseconds(1500), Quantities.ParseDuration("1.5s"));
        Assert.Equal("1500ms", Quantities.FormatDuration(Quantities.ParseDuration("1.5s")));
    }

    [Theory]
    [InlineData("64M", "; did you mean 64MiB?")]
    [InlineData("64", "the unit is missing")]
    [InlineData("-1B", "must not be negative")]
    [InlineData("1.5B", "is not a whole number of bytes")]
    public void What_is_no_size_is_told_why(string text, string words) =>
        Assert.EndsWith(words, Assert.Throws<FormatException>(() => Quantities.ParseSize(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void What_a_job_says_does_nothing_to_a_terminal()
    {
        Assert.Equal("plain", DisplayText.Quote("plain"));
        Assert.DoesNotContain('\u001b', DisplayText.Quote("\u001b[2J"));
        Assert.DoesNotContain('\n', DisplayText.Printable("a\nb"));
        Assert.Equal(2, DisplayText.PrintableLines("a\u202eb\nc").Split('\n').Length);
        Assert.True(DisplayText.QuoteWhole(new string('x', 1000)).Length > DisplayText.Quote(new string('x', 1000)).Length);
        Assert.Equal("1.5 KiB", DisplayText.Bytes(1536));
    }

    [Fact]
    public void Signals_have_names_and_numbers()
    {
        Assert.All(Enumerable.Range(1, 64), number => Assert.Equal(number, Signals.NumberOf(Signals.NameOf(number))));
        Assert.Throws<ArgumentOutOfRangeException>(() => Signals.NameOf(65));
        Assert.Throws<ArgumentException>(() => Signals.NumberOf("SIGNAL"));
        Assert.Equal("ENOSPC", ErrnoNames.Of(28));
    }

    [Fact]
    public void A_slip_is_recognised() => Assert.Equal(("memory", null), (NearestName.Of("memroy", "memory", "cpus"), NearestName.Of("gpu", "cpus")));

    [Fact]
    public void Every_limit_can_be_set_lifted_and_asked_for_by_its_row()
    {
        foreach (var limit in JobLimit.All)
        {
            var (set, lifted) = limit switch
            {
                JobLimit<TimeSpan> time => Change(time, TimeSpan.FromSeconds(7)),
                JobLimit<long> size => Change(size, 1L << 30),
                JobLimit<int> count => Change(count, 77),
                JobLimit<double> number => Change(number, 1.5),
                _ => throw new InvalidOperationException(limit.Name),
            };

            Assert.NotEqual(set, lifted);
            JobFile.Validate(new JobSpec { Command = ["true"], Limits = set });
            JobFile.Validate(new JobSpec { Command = ["true"], Limits = lifted });
            Assert.StartsWith("/limits/", limit.Pointer, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_policy_is_listed_shown_and_compiled()
    {
        Assert.Contains("default", SandboxPolicy.BuiltInNames);
        Assert.All(SandboxPolicy.BuiltInNames, name => Assert.False(SandboxPolicy.SourceOf(name)!.Value.IsEmpty));
        Assert.Null(SandboxPolicy.SourceOf("no-such-policy"));

        var policy = await SandboxPolicy.CompileAsync(Seccomp.Policy("default"), TestContext.Current.CancellationToken);

        Assert.Equal(policy.Program.Length, policy.Instructions * 8);
        Assert.Equal(policy.Sha256, Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(policy.Program.Span)));
        await Assert.ThrowsAsync<InvalidJobException>(() => SandboxPolicy.CompileAsync(Seccomp.Policy("defualt"), TestContext.Current.CancellationToken));
    }

    [Fact]
    public void A_failure_is_told_with_path_and_errno()
    {
        var error = SandboxHost.Explain(new SandboxException("cannot read") { Path = "/a b", Errno = "EACCES", Hint = "ask" });

        Assert.Equal(("cannot read: \"/a b\": EACCES", "ask"), (error.Message, error.Hint));
        var result = JobResult.NotStarted(error, "job");
        Assert.Equal((Verdict.SetupError, error.Message, "job"), (result.Verdict, result.Message, result.Name));
    }

    private static (ResourceLimits Set, ResourceLimits Lifted) Change<T>(JobLimit<T> limit, T value)
        where T : struct
    {
        var set = limit.With(new(), value);
        var lifted = limit.With(set, null);

        Assert.Equal(value, limit.Get(set));
        Assert.Null(limit.Get(lifted));
        return (set, lifted);
    }
}
