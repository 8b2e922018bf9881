using System.Diagnostics;
using Sandbox.Text;

namespace Sandbox.Execution;

/// <summary>Why all processes of a job were ended together.</summary>
/// <param name="Verdict">Of the job.</param>
/// <param name="Message">In a sentence, without its subject.</param>
/// <param name="Culprit">Whose doing it was; null where that is not known.</param>
/// <param name="At">When, as a stamp of the monotonic clock.</param>
internal sealed record JointStop(Verdict Verdict, string Message, string? Culprit, long At);

/// <summary>Ends all processes of a job once a limit is reached that they have together. From any thread.</summary>
/// <param name="job">The job.</param>
/// <param name="all">Ends them.</param>
internal sealed class JointEnd(ProcessesJob job, CancellationTokenSource all)
{
    // Longer is for ever to a timer of the runtime.
    private static readonly TimeSpan s_longest = TimeSpan.FromDays(49);

    private readonly long[] _written = new long[job.Processes.Count];
    private long _sum;
    private JointStop? _stop;

    /// <summary>What it was; null as long as it was nothing.</summary>
    public JointStop? Stop => _stop;

    /// <summary>Who hears what a process writes to where it is kept; null for nobody.</summary>
    public OutputObserver? ObserverOf(int process) => job.Limits.OutputBytes is null ? null : (_, bytes) => Count(process, bytes.Length);

    /// <summary>Who hears how much a process writes to a pipe; null for nobody.</summary>
    public Action<int>? HearerOf(int process, JobPipe? pipe)
    {
        if (pipe?.LimitBytes is null && job.Limits.OutputBytes is null)
        {
            return null;
        }

        long written = 0;
        return bytes =>
        {
            Count(process, bytes);
            written += bytes;
            if (written > pipe?.LimitBytes)
            {
                End(Verdict.OutputLimit, $"wrote more than {Quantity.SizeText(pipe.LimitBytes.Value)} to the pipe \"{pipe.Name}\"", job.Processes[process].Name);
            }
        };
    }

    /// <summary>Ends them when their time is up, which counts from the moment at which every one of them was handed over.</summary>
    /// <param name="begun">Over then.</param>
    /// <param name="cancellationToken">They have ended.</param>
    public async Task WatchTimeAsync(Task begun, CancellationToken cancellationToken)
    {
        if (job.Limits.WallTime is not { } limit)
        {
            return;
        }

        await begun.ConfigureAwait(false);
        await Task.Delay(limit < s_longest ? limit : s_longest, TimeProvider.System, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!cancellationToken.IsCancellationRequested)
        {
            End(Verdict.WallTimeLimit, $"the processes together took longer than {Quantity.DurationWord(limit)}", null);
        }
    }

    private void Count(int process, int bytes)
    {
        Interlocked.Add(ref _written[process], bytes);
        if (Interlocked.Add(ref _sum, bytes) <= (job.Limits.OutputBytes ?? long.MaxValue))
        {
            return;
        }

        var most = Enumerable.Range(0, _written.Length).MaxBy(index => Interlocked.Read(ref _written[index]));
        End(Verdict.OutputLimit, $"the processes together wrote more than {Quantity.SizeText(job.Limits.OutputBytes!.Value)}, and this one the most", job.Processes[most].Name);
    }

    // Not on the caller's thread, which may be the one that watches a process, or moves the bytes of all.
    private void End(Verdict verdict, string message, string? culprit)
    {
        if (Interlocked.CompareExchange(ref _stop, new(verdict, message, culprit, Stopwatch.GetTimestamp()), null) is null)
        {
            _ = all.CancelAsync();
        }
    }
}
