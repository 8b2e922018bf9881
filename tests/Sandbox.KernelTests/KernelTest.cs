using System.Text;
using System.Text.Json;
using Xunit;

[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]

namespace Sandbox.KernelTests;

/// <summary>What every test of real jobs shares: a runner of its own, a directory of its own, and words for a failure.</summary>
public abstract class KernelTest : IDisposable
{
    private readonly Lazy<string> _directory = new(() => System.IO.Directory.CreateTempSubdirectory("sandbox-test-").FullName);

    private protected KernelTest()
        : this(new())
    {
    }

    private protected KernelTest(SandboxOptions options) => Runner = new(options);

    private protected SandboxRunner Runner { get; }

    /// <summary>A fresh directory on the host; everybody may write there, because a job started by root has another uid.</summary>
    private protected string Directory
    {
        get
        {
            if (!_directory.IsValueCreated)
            {
                File.SetUnixFileMode(_directory.Value, (UnixFileMode)0b111_111_111);
            }

            return _directory.Value;
        }
    }

    private protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private protected Task<JobResult> RunAsync(JobSpec spec) => Runner.RunAsync(spec, Cancellation);

    private protected static string Out(JobResult result) => Text(result.Stdout);

    private protected static string Err(JobResult result) => Text(result.Stderr);

    /// <summary>The job ran to its end and the probe printed that the sandbox held.</summary>
    private protected static void AssertDenied(JobResult result)
    {
        Assert.True(result.Verdict == Verdict.Ok, Describe(result));
        Assert.True(Out(result).StartsWith("denied", StringComparison.Ordinal), Describe(result));
    }

    private protected static void AssertVerdict(Verdict expected, JobResult result) =>
        Assert.True(result.Verdict == expected, $"expected {expected}: {Describe(result)}");

    private protected static void AssertPrinted(string expected, JobResult result)
    {
        AssertVerdict(Verdict.Ok, result);
        Assert.Equal(expected, Out(result).TrimEnd('\n'));
    }

    private protected static string Describe(JobResult result) =>
        JsonSerializer.Serialize(new
        {
            Verdict = result.Verdict.ToString(),
            result.Message,
            result.ExitCode,
            result.Signal,
            result.KilledBy,
            result.LimitsHit,
            result.Time,
            result.Memory,
            result.Error,
            result.Violations,
            result.OutputErrors,
            Stdout = Clip(Out(result)),
            Stderr = Clip(Err(result)),
        });

    /// <inheritdoc />
    public virtual void Dispose()
    {
        Runner.Dispose();
        End();
        if (_directory.IsValueCreated)
        {
            RemoveTree(_directory.Value);
        }

        GC.SuppressFinalize(this);
    }

    /// <summary>What a class does after each of its tests, while its directory is there.</summary>
    private protected virtual void End()
    {
    }

    private static string Text(StreamResult stream) => stream.Content is { } bytes ? Encoding.UTF8.GetString(bytes.Span) : "";

    private static string Clip(string text) => text.Length > 600 ? text[..600] + "…" : text;

    // What a job of root wrote into a writable bind belongs to a uid of the range; root may remove it.
    private static void RemoveTree(string path)
    {
        try
        {
            System.IO.Directory.Delete(path, recursive: true);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            TestContext.Current.SendDiagnosticMessage($"left {path}: {failure.Message}");
        }
    }
}
