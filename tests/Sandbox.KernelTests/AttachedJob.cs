using Sandbox.Execution;

namespace Sandbox.KernelTests;

/// <summary>A job that the test stays with: its output goes to a file, where it can be seen while the job runs.</summary>
internal sealed class AttachedJob
{
    private readonly string _output;

    private AttachedJob(string output, JobAttachment attachment, Task<JobResult> result) => (_output, Attachment, Result) = (output, attachment, result);

    public JobAttachment Attachment { get; }

    public Task<JobResult> Result { get; }

    /// <summary>What the job has written by now, as far as it was relayed.</summary>
    public string Output => File.Exists(_output) ? File.ReadAllText(_output) : "";

    public static AttachedJob Start(SandboxRunner runner, JobSpec spec, string directory, CancellationToken cancellation) =>
        Start(runner, spec, directory, new JobAttachment(), cancellation);

    /// <summary>Starts it on a thread of its own.</summary>
    public static AttachedJob Start(SandboxRunner runner, JobSpec spec, string directory, JobAttachment attachment, CancellationToken cancellation)
    {
        var output = Path.Combine(directory, $"output-{Guid.NewGuid():N}");
        spec = spec with { Stdout = new FileOutput { Path = output } };
        return new(output, attachment, Task.Run(() => runner.Run(spec, attachment, cancellation), CancellationToken.None));
    }

    /// <summary>Waits until the output contains the text; throws when the job ends without it.</summary>
    public async Task SaysAsync(string text)
    {
        while (!Output.Contains(text, StringComparison.Ordinal))
        {
            if (Result.IsCompleted && !Output.Contains(text, StringComparison.Ordinal))
            {
                throw new InvalidOperationException($"the job ended ({(await Result).Message}) and said \"{Output}\", not \"{text}\"");
            }

            await Task.Delay(5);
        }
    }

    /// <summary>The result, and all the output.</summary>
    public async Task<(JobResult Result, string Output)> EndAsync() => (await Result, Output);
}
