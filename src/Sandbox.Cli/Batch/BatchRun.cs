using System.Buffers;
using System.Threading.Channels;
using Sandbox.Cli.Served;
using Sandbox.Running;

namespace Sandbox.Cli.Batch;

/// <summary>
/// Runs the jobs of a batch, so many at once. Jobs are read only a little ahead of those that run and results are handed on and forgotten, so that a million of them take
/// no more memory than a hundred.
/// </summary>
/// <param name="runner">Runs them.</param>
/// <param name="server">Runs those that it can; null for none.</param>
/// <param name="jobs">How many at once.</param>
/// <param name="journal">The results that are there already, or null.</param>
/// <param name="keep">Takes each result as soon as it is there; also several at the same time.</param>
/// <param name="tally">Hears how many run.</param>
internal sealed class BatchRun(SandboxRunner runner, JobServer? server, int jobs, BatchJournal? journal, Action<BatchOutcome> keep, BatchTally tally) : IDisposable
{
    // How far results may come out of order, and jobs be read ahead.
    private const int LookAhead = 4;

    private readonly Channel<BatchItem> _items = Channel.CreateUnbounded<BatchItem>(new() { SingleWriter = true });
    private readonly SemaphoreSlim _places = new(jobs * LookAhead);
    private readonly RunningBatchJobs _running = new();
    private readonly CancellationTokenSource _stop = new();
    private bool _isStopping;
    private Task _ending = Task.CompletedTask;

    /// <summary>Runs all jobs; returns when the last result was handed on.</summary>
    /// <param name="items">The jobs; read on a thread of its own, which may wait for input when this returns early.</param>
    /// <param name="isByInput">Results in the order of the input.</param>
    /// <param name="handOn">Takes one result after the other.</param>
    /// <param name="cancellationToken">Ends the jobs that run, whose results still come, and starts none.</param>
    public async Task RunAsync(IEnumerable<BatchItem> items, bool isByInput, Action<BatchOutcome> handOn, CancellationToken cancellationToken)
    {
        var order = new ResultOrder(isByInput, outcome =>
        {
            handOn(outcome);
            _places.Release();
        });
        await using var interruption = cancellationToken.Register(Stop).ConfigureAwait(false);
        new Thread(() => ReadAhead(items)) { IsBackground = true, Name = "batch input" }.Start();
        try
        {
            await Task.WhenAll(Enumerable.Range(0, jobs).Select(_ => Task.Run(() => WorkAsync(order), CancellationToken.None))).ConfigureAwait(false);
        }
        finally
        {
            await _ending.ConfigureAwait(false);
        }

        order.Finish();
    }

    /// <inheritdoc/>
    public void Dispose() => _stop.Dispose();

    private void Stop()
    {
        if (Interlocked.Exchange(ref _isStopping, true))
        {
            return;
        }

        _ending = Task.Run(() => _running.EndAllAsync(TimeProvider.System));
        _stop.Cancel();
    }

    private void ReadAhead(IEnumerable<BatchItem> items)
    {
        try
        {
            foreach (var item in items)
            {
                _places.Wait(_stop.Token);
                _ = _items.Writer.TryWrite(item);
            }

            _items.Writer.Complete();
        }
        catch (Exception failure) // it is heard of where the jobs are waited for
        {
            _items.Writer.Complete(failure is OperationCanceledException or ObjectDisposedException ? null : failure);
        }
    }

    private async Task WorkAsync(ResultOrder order)
    {
        try
        {
            await foreach (var item in _items.Reader.ReadAllAsync(_stop.Token).ConfigureAwait(false))
            {
                await order.WaitForRoomAsync(item.Index, _stop.Token).ConfigureAwait(false);
                if (_running.Begin() is not { } end)
                {
                    return;
                }

                await RunAsync(item, order, end).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
        }
        catch
        {
            // The others must not run on for nobody.
            Stop();
            throw;
        }
    }

    private async Task RunAsync(BatchItem item, ResultOrder order, CancellationTokenSource end)
    {
        tally.Run(+1);
        try
        {
            var outcome = await OutcomeOf(item, end.Token).ConfigureAwait(false);
            keep(outcome);
            order.Add(outcome);
        }
        finally
        {
            _running.End(end);
            tally.Run(-1);
        }
    }

    private async Task<BatchOutcome> OutcomeOf(BatchItem item, CancellationToken cancellationToken)
    {
        JobDocument job;
        try
        {
            job = item.Read();
            RefuseInherited(job);
        }
        catch (InvalidJobException invalid)
        {
            return Outcome(item, null, JobResult.Of(invalid));
        }

        var fingerprint = journal is null ? null : JobFingerprint.Of(job, (item as SubmissionItem)?.Path);
        if (fingerprint is not null && journal!.Find(item.Index, fingerprint) is { } known)
        {
            return new(item, fingerprint, known, BatchRow.Of(item.Index, item.Input, known), IsFromJournal: true);
        }

        if (server is not null && await ServedBatchJob.RunAsync(server, job, item.Directory, TimeProvider.System, cancellationToken).ConfigureAwait(false) is { } served)
        {
            return new(item, fingerprint, served, BatchRow.Of(item.Index, item.Input, served), IsFromJournal: false);
        }

        try
        {
            return Outcome(item, fingerprint, await runner.RunDocumentAsync(job, cancellationToken).ConfigureAwait(false));
        }
        catch (InvalidJobException invalid)
        {
            return Outcome(item, null, JobResult.Of(item.Locate(invalid), job.Name));
        }
    }

    private static BatchOutcome Outcome(BatchItem item, string? fingerprint, DocumentResult result)
    {
        var text = new ArrayBufferWriter<byte>(4096);
        ResultFile.Write(text, CollectedNames.Relate(result, item.Directory), pretty: false);
        return new(item, fingerprint, text.WrittenMemory, BatchRow.Of(item.Index, item.Input, text.WrittenMemory), IsFromJournal: false);
    }

    // Standard output has the results, and there is one standard input for all.
    private static void RefuseInherited(JobDocument document)
    {
        var problems = new List<JobProblem>();
        foreach (var part in document.Parts())
        {
            RefuseInherited(part.Job, part.Pointer, problems);
        }

        if (problems.Count > 0)
        {
            throw new InvalidJobException(problems);
        }
    }

    private static void RefuseInherited(JobSpec job, string pointer, List<JobProblem> problems)
    {
        if (job.Stdin is InheritStdin)
        {
            problems.Add(new() { Pointer = pointer + "/stdin", Message = "\"inherit\" is for one job, and this is one of a batch" });
        }

        if (job.Stdout is InheritStream)
        {
            problems.Add(new() { Pointer = pointer + "/stdout", Message = "\"inherit\" is for one job: the results of the batch go there" });
        }
    }
}
