using Sandbox.Store;

namespace Sandbox.Sequence;

/// <summary>Runs the steps of a job, one after the other.</summary>
/// <param name="job">A valid job.</param>
/// <param name="run">Runs one job in one sandbox.</param>
/// <param name="runTogether">Runs a job, its interactor and the processes beside it, each in a sandbox.</param>
/// <param name="store">Keeps the files that steps hand on.</param>
/// <param name="storeBytes">What that may have.</param>
/// <param name="cache">Remembers steps.</param>
internal sealed class StepsRun(
    StepsJob job, Func<JobSpec, CancellationToken, Task<JobResult>> run, Func<ProcessesJob, CancellationToken, Task<ProcessesResult>> runTogether, StoredFiles store, Func<long> storeBytes, StepCache cache)
{
    // Of what all processes of all cases of a step wrote to both of their streams, shared evenly, but 1 KiB of each at least: it is all in memory, and in one result.
    private const int MostCaptured = 16 << 20;
    private const int LeastCaptured = 1024;

    private const string NotReached = "skipped: something before it was not ok";

    private readonly CaseRun _cases = new(run, runTogether, store);
    private readonly Dictionary<string, string> _kept = new(StringComparer.Ordinal);

    /// <summary>Runs them.</summary>
    public async Task<StepsResult> RunAsync(CancellationToken cancellationToken)
    {
        var results = new List<StepResult>(job.Steps.Count);
        var isStopped = false;
        for (var index = 0; index < job.Steps.Count; index++)
        {
            var step = job.Steps[index];
            var missing = step.Use.Values.FirstOrDefault(name => !_kept.ContainsKey(name));
            var result = isStopped ? Skipped(step, NotReached)
                : missing is not null ? Skipped(step, $"skipped: {missing} was not made")
                : await RunAsync(step, index, cancellationToken).ConfigureAwait(false);
            results.Add(result);
            isStopped |= Scoring.IsFault(result.Verdict) || (step.OnFailure == FailureAction.Stop && result.Verdict is not (Verdict.Ok or Verdict.Skipped));
        }

        var culprit = Scoring.Culprit(results, static step => step.Verdict);
        return new()
        {
            Name = job.Name,
            Verdict = culprit?.Verdict ?? Verdict.Ok,
            Message = culprit is null ? "every step was ok" : $"{culprit.Name}: {culprit.Message}",
            Points = Scoring.Sum(results.Select(static step => step.Points)),
            Steps = results,
        };
    }

    private Task<StepResult> RunAsync(JobStep step, int index, CancellationToken cancellationToken)
    {
        var used = step.Use.Select(use => new InjectedFile { Path = use.Key, Content = Content.Stored(_kept[use.Value]) }).ToList();
        step = step with { Processes = [.. step.Processes.Select(process => process with { Job = process.Job with { Files = [.. process.Job.Files, .. used] } })] };
        var name = job.Name is null ? step.Name : $"{job.Name}/{step.Name}";
        var spec = step.Job with { Name = name, Files = [.. step.Job.Files, .. used] };
        return step.Cache is not null ? RunUnlessKnownAsync(step, index, spec, cancellationToken)
            : step.Cases.Count == 0 ? RunOnceAsync(step, index, spec, cancellationToken) : RunCasesAsync(step, index, spec, cancellationToken);
    }

    private async Task<StepResult> RunUnlessKnownAsync(JobStep step, int index, JobSpec spec, CancellationToken cancellationToken)
    {
        var (before, why) = KeyOf(step, spec, cancellationToken);
        if (before is not null && cache.Find(step, spec, before, cancellationToken) is { } known)
        {
            Keep(step, known.Kept);
            return known;
        }

        var result = await RunOnceAsync(step, index, spec, cancellationToken).ConfigureAwait(false);
        if (result is not { Verdict: Verdict.Ok, Result: { LimitsHit.Count: 0 } run })
        {
            return result;
        }

        // Somebody may have changed what it read while it ran, and only a result of what was looked at is one of it.
        if (before is not null)
        {
            (var after, why) = KeyOf(step, spec, cancellationToken);
            why ??= after == before ? cache.Keep(before, run, result.Kept) : "something that it depends on was changed while it ran";
        }

        return why is null ? result : result with { Result = run with { Notes = [.. run.Notes, "the result is not remembered: " + why] } };
    }

    private (StepCacheKey? Key, string? Why) KeyOf(JobStep step, JobSpec spec, CancellationToken cancellationToken)
    {
        try
        {
            return (cache.KeyOf(step, spec, cancellationToken), null);
        }
        catch (SandboxException unknown)
        {
            return (null, unknown.Message + (unknown.Path is { } path ? $": {path}: {unknown.Errno}" : ""));
        }
        catch (Exception failure) when (failure is InvalidJobException or OperationCanceledException)
        {
            // The job says so itself.
            return (null, failure.Message);
        }
    }

    private async Task<StepResult> RunOnceAsync(JobStep step, int index, JobSpec spec, CancellationToken cancellationToken)
    {
        KeptFiles collected;
        try
        {
            collected = new KeptFiles(step);
        }
        catch (SandboxException failure)
        {
            return Failed(step, Verdict.SetupError, failure.Message);
        }

        using (collected)
        {
            return await RunOnceAsync(step, index, spec, collected, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<StepResult> RunOnceAsync(JobStep step, int index, JobSpec spec, KeptFiles collected, CancellationToken cancellationToken)
    {
        var run = await PlacedAsync($"{StepParts.PointerOf(index)}/job", () =>
            _cases.RunAsync(spec with { Outputs = [.. spec.Outputs, .. collected.Outputs] }, step.Processes, step.Check, null, 0, cancellationToken)).ConfigureAwait(false);
        var result = run.Result;
        var done = new StepResult
        {
            Name = step.Name,
            Verdict = run.Verdict,
            Message = run.Message,
            Result = collected.Without(result),
            Processes = run.Processes,
            Check = run.Check,
        };
        try
        {
            return result.Verdict == Verdict.Ok && run.Failed is null ? done with { Kept = Keep(step, collected.Store(result, store, storeBytes(), cancellationToken)) } : done;
        }
        catch (Exception failure) when (failure is SandboxException or FormatException or InvalidDataException or OperationCanceledException)
        {
            // The job was ok, and what comes after it cannot be: a verdict on the whole and not an exception, which would lose what there is.
            return failure is OperationCanceledException
                ? done with { Verdict = Verdict.Cancelled, Message = "cancelled by the caller while its files were kept" }
                : done with { Verdict = failure is InvalidDataException ? Verdict.InternalError : Verdict.SetupError, Message = $"{string.Join(", ", step.Keep.Keys)} cannot be kept: {failure.Message}" };
        }
    }

    private IReadOnlyDictionary<string, string> Keep(JobStep step, IReadOnlyDictionary<string, string> digests)
    {
        foreach (var (name, digest) in digests)
        {
            _kept[$"{step.Name}/{name}"] = digest;
        }

        return digests;
    }

    private static StepResult Failed(JobStep step, Verdict verdict, string message) => new() { Name = step.Name, Verdict = verdict, Message = message };

    private async Task<StepResult> RunCasesAsync(JobStep step, int index, JobSpec spec, CancellationToken cancellationToken)
    {
        var results = new CaseResult[step.Cases.Count];
        var failed = new HashSet<string>(StringComparer.Ordinal);
        var isStopped = false;
        for (var begin = 0; begin < step.Cases.Count;)
        {
            // Cases of one group follow one another, so that a group that requires it begins when all of them are judged.
            var (group, end) = (step.Cases[begin].Group, begin + 1);
            while (end < step.Cases.Count && step.Cases[end].Group == group)
            {
                end++;
            }

            var isRefused = isStopped || (step.Groups.FirstOrDefault(one => one.Name == group)?.Requires.Any(failed.Contains) ?? false);
            await RunAsync(step, index, spec, Enumerable.Range(begin, end - begin), isRefused, results, cancellationToken).ConfigureAwait(false);
            var ran = results[begin..end];
            if (ran.Any(static @case => @case.Verdict != Verdict.Ok) && group is not null)
            {
                failed.Add(group);
            }

            isStopped |= ran.Any(@case => Scoring.IsFault(@case.Verdict) || (step.OnFailure == FailureAction.Stop && @case.Verdict is not (Verdict.Ok or Verdict.Skipped)));
            begin = end;
        }

        return Together(step, results);
    }

    // So many at once; the others of the run are skipped once one says that they are not wanted.
    private async Task RunAsync(JobStep step, int index, JobSpec spec, IEnumerable<int> numbers, bool isRefused, CaseResult[] results, CancellationToken cancellationToken)
    {
        var isOver = isRefused;
        await Parallel.ForEachAsync(numbers, new ParallelOptions { MaxDegreeOfParallelism = step.Parallel }, async (number, _) =>
        {
            var @case = step.Cases[number];
            if (Volatile.Read(ref isOver))
            {
                results[number] = new() { Name = @case.Name, Group = @case.Group, Verdict = Verdict.Skipped, Message = NotReached, Points = PointsOf(@case, 0) };
                return;
            }

            var places = 1 + step.Processes.Count;
            var hasPlaces = step.Parallel > 1 && await CasePlaces.TakeAsync(places, cancellationToken).ConfigureAwait(false);
            try
            {
                results[number] = await RunAsync(step, index, spec, number, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                CasePlaces.GiveBack(hasPlaces ? places : 0);
            }

            var verdict = results[number].Verdict;
            if (Scoring.IsFault(verdict) || (verdict != Verdict.Ok && (step.OnFailure == FailureAction.Stop || (step.OnFailure == FailureAction.SkipGroup && @case.Group is not null))))
            {
                Volatile.Write(ref isOver, true);
            }
        }).ConfigureAwait(false);
    }

    private async Task<CaseResult> RunAsync(JobStep step, int index, JobSpec spec, int number, CancellationToken cancellationToken)
    {
        var @case = step.Cases[number];
        var env = new Dictionary<string, string>(spec.Env);
        foreach (var (variable, value) in @case.Env)
        {
            env[variable] = value;
        }

        var one = spec with
        {
            Name = $"{spec.Name}/{@case.Name}",
            Command = [.. spec.Command, .. @case.Args],
            Env = env,
            Files = [.. spec.Files, .. @case.Files],
            Stdin = @case.Stdin ?? spec.Stdin,
        };
        var run = await PlacedAsync(StepParts.PointerOf(index, number), () =>
            _cases.RunAsync(one, step.Processes, step.Check, @case.Answer, @case.Points ?? 1, cancellationToken)).ConfigureAwait(false);
        var fraction = run.Check?.Fraction ?? (run.Verdict == Verdict.Ok && step.Check is null ? 1 : 0);
        var kept = run.Shortened(Math.Max(LeastCaptured, MostCaptured / 2 / step.Cases.Count / (1 + step.Processes.Count)));
        return new()
        {
            Name = @case.Name,
            Group = @case.Group,
            Verdict = run.Verdict,
            Message = run.Message,
            Points = PointsOf(@case, fraction),
            Fraction = fraction,
            Result = kept.Result,
            Processes = kept.Processes,
            Check = run.Check,
        };
    }

    // A group's points are the group's.
    private static Points? PointsOf(StepCase @case, double fraction) =>
        @case is { Group: null, Points: { } points } ? new() { Reached = fraction * points, Of = points } : null;

    private static StepResult Together(JobStep step, CaseResult[] cases)
    {
        var groups = Scoring.Groups(step, cases);
        var culprit = Scoring.Culprit(cases, static @case => @case.Verdict);
        return new()
        {
            Name = step.Name,
            Verdict = culprit?.Verdict ?? (cases.Any(static @case => @case.Verdict == Verdict.Skipped) ? Verdict.Skipped : Verdict.Ok),
            Message = culprit is null ? $"{cases.Count(static @case => @case.Verdict == Verdict.Ok)} of {cases.Length} cases were ok" : $"{culprit.Name}: {culprit.Message}",
            Points = Scoring.Sum([.. groups.Select(static group => group.Points), .. cases.Select(static @case => @case.Points)]),
            Groups = groups,
            Cases = cases,
        };
    }

    private static StepResult Skipped(JobStep step, string why)
    {
        var cases = step.Cases.Select(@case => new CaseResult { Name = @case.Name, Group = @case.Group, Verdict = Verdict.Skipped, Message = why, Points = PointsOf(@case, 0) }).ToArray();
        return Together(step, cases) with { Verdict = Verdict.Skipped, Message = why };
    }

    // What only opening shows to be invalid is told with its place in the whole job.
    private static async Task<T> PlacedAsync<T>(string pointer, Func<Task<T>> run)
    {
        try
        {
            return await run().ConfigureAwait(false);
        }
        catch (InvalidJobException invalid)
        {
            throw new InvalidJobException([.. invalid.Problems.Select(problem => problem with { Pointer = pointer + problem.Pointer })]);
        }
    }
}
