using System.Globalization;

namespace Sandbox.Server.Fronts.GoJudge;

// Where this sandbox knows better than the numbers alone tell (a kill for memory, a signal that the job sent itself), its verdict decides; the words are those of go-judge.

/// <summary>Tells what became of a command in the words of go-judge.</summary>
/// <param name="kept">Gives files ids.</param>
/// <param name="tenant">Whose they are.</param>
/// <param name="most">How many bytes of one file a result may have.</param>
internal sealed class ResultTranslator(KeptFiles kept, string tenant, long most)
{
    /// <summary>Translates the result of a part's job.</summary>
    public async Task<IReadOnlyList<CommandResult>> TranslateAsync(RequestPart plan, DocumentResult document, CancellationToken cancellationToken)
    {
        var several = document as ProcessesResult;
        var results = new List<CommandResult>();
        for (var index = 0; index < plan.Commands.Count; index++)
        {
            var transcripts = plan.Transcripts.Where(transcript => transcript.Command == plan.Places[index]).Select(transcript => (transcript.Name, Said(several, transcript)));
            results.Add(await OneAsync(plan.Commands[index], several?.Processes[index].Result ?? (JobResult)document, transcripts, cancellationToken));
        }

        return results;
    }

    private async Task<CommandResult> OneAsync(CommandPlan plan, JobResult result, IEnumerable<(string Name, ReadOnlyMemory<byte> Bytes)> transcripts, CancellationToken cancellationToken)
    {
        if (NotStarted(plan, result) is { } early)
        {
            return early;
        }

        var collected = new Collected();
        foreach (var wanted in plan.Wanted)
        {
            await TakeAsync(wanted, result, collected, cancellationToken);
        }

        foreach (var (name, bytes) in transcripts)
        {
            collected.Files[name] = bytes;
        }

        var (status, exit, error) = Ended(result);
        if (status == CommandResult.Accepted && collected.Failures.Count > 0)
        {
            var isTooLong = collected.Failures.Exists(static failure => failure.Type == CollectSizeExceeded);
            (status, error) = (isTooLong ? CommandResult.OutputLimitExceeded : CommandResult.FileErrorStatus, isTooLong ? error : Words(collected.Failures[0]));
        }

        var (time, memory) = (Nanoseconds(result.Time.Cpu), result.Memory.PeakBytes);
        return new()
        {
            Status = status == CommandResult.InternalError ? status
                : result.Verdict == Verdict.MemoryLimit || CommandLimits.IsOverMemory(plan.Form, memory) ? CommandResult.MemoryLimitExceeded
                : CommandLimits.IsOverTime(plan.Form, time) ? CommandResult.TimeLimitExceeded
                : status,
            ExitStatus = exit,
            Error = error,
            Time = time,
            RunTime = Nanoseconds(result.Time.Wall),
            Memory = memory,
            ProcPeak = result.ProcessesPeak ?? 0,
            Files = collected.Files,
            FileIds = collected.Ids,
            FileErrors = collected.Failures,
        };
    }

    // Not a word about paths of this machine: whoever asks is not who runs the server.
    private static CommandResult? NotStarted(CommandPlan plan, JobResult result)
    {
        if (result.Verdict == Verdict.ExecFailed)
        {
            return CommandResult.NotStarted(result.Message);
        }

        if (result.Verdict != Verdict.SetupError)
        {
            return null;
        }

        var pointer = result.Error?.Pointer ?? "";
        var (files, mounts) = (pointer.IndexOf("/files/", StringComparison.Ordinal), pointer.IndexOf("/mounts/", StringComparison.Ordinal));
        if (files >= 0)
        {
            var path = pointer[(files + "/files/".Length)..].Split('/')[0].Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            return CommandResult.NotCopiedIn(NameIn(plan, path), result.Error!.Errno is "ENOENT" or "EACCES" && pointer.EndsWith("/from", StringComparison.Ordinal) ? "CopyInOpenFile" : "CopyInCreateFile", result.Message);
        }

        // The first is the working directory itself.
        if (mounts >= 0 && int.TryParse(pointer[(mounts + "/mounts/".Length)..].Split('/')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 && number < plan.Job.Mounts.Count)
        {
            return CommandResult.NotCopiedIn(NameIn(plan, plan.Job.Mounts[number].Target), "Symlink", result.Message);
        }

        return CommandResult.NotStarted(result.Message);
    }

    private static string NameIn(CommandPlan plan, string path) => plan.Form.CopyIn?.Keys.FirstOrDefault(name => CommandPaths.Of(name) == path) ?? path;

    private static (string Status, int Exit, string Error) Ended(JobResult result)
    {
        var signal = result.Signal is { } name ? Signals.NumberOf(name) : 0;
        var exit = signal > 0 ? signal : result.ExitCode ?? 0;
        return result.Verdict switch
        {
            Verdict.Ok or Verdict.OutputError => (CommandResult.Accepted, exit, ""),
            Verdict.ExitCode => (CommandResult.NonzeroExitStatus, exit, ""),
            Verdict.CpuTimeLimit or Verdict.WallTimeLimit or Verdict.IdleLimit => (CommandResult.TimeLimitExceeded, signal > 0 ? signal : 9, ""),
            Verdict.MemoryLimit => (CommandResult.MemoryLimitExceeded, exit, ""),
            Verdict.OutputLimit or Verdict.FileSizeLimit or Verdict.DiskLimit => (CommandResult.OutputLimitExceeded, exit, ""),
            Verdict.PolicyViolation => (CommandResult.DangerousSyscall, signal > 0 ? signal : 31, ""),
            Verdict.Signal => (result.Signal switch { "SIGSYS" => CommandResult.DangerousSyscall, "SIGXFSZ" => CommandResult.OutputLimitExceeded, _ => CommandResult.Signalled }, exit, ""),
            Verdict.Cancelled => (CommandResult.Signalled, 9, "cancelled"),
            _ => (CommandResult.InternalError, exit, result.Message),
        };
    }

    private const string CollectSizeExceeded = "CollectSizeExceeded";
    private const string CopyOutSizeExceeded = "CopyOutSizeExceeded";

    private async Task TakeAsync(WantedFile wanted, JobResult result, Collected collected, CancellationToken cancellationToken)
    {
        if (wanted.Stream > 0)
        {
            TakeStream(wanted, wanted.Stream == 1 ? result.Stdout : result.Stderr, collected);
            return;
        }

        if (wanted.IsCached && result.Outputs.FirstOrDefault(output => output.Path == wanted.Path && output.To == OutputSpec.Store) is { } stored)
        {
            collected.Ids[wanted.Name] = kept.Add(tenant, new(wanted.Name, stored.Sha256, stored.Bytes));
            return;
        }

        if (result.Outputs.FirstOrDefault(output => output.Path == wanted.Path && output.To == OutputSpec.Memory) is { } found)
        {
            await TakeFileAsync(wanted, found, collected, cancellationToken);
            return;
        }

        var wasCancelled = result.Verdict == Verdict.Cancelled;
        Miss(wanted, wasCancelled ? null : result.OutputErrors.FirstOrDefault(failure => failure.Path == wanted.Path), wasCancelled, collected);
    }

    private static void TakeStream(WantedFile wanted, StreamResult stream, Collected collected)
    {
        var content = stream.Content ?? ReadOnlyMemory<byte>.Empty;
        if (stream.Truncated || content.Length > wanted.Max)
        {
            collected.Failures.Add(new(wanted.Name, CollectSizeExceeded, ""));
            content = content[..(int)Math.Min(content.Length, wanted.Max + 1)];
        }

        collected.Files[wanted.Name] = content;
    }

    private async Task TakeFileAsync(WantedFile wanted, OutputResult found, Collected collected, CancellationToken cancellationToken)
    {
        // Wanted by several names, it may be longer than this one's.
        var content = found.Content!.Value;
        content = content[..(int)Math.Min(content.Length, wanted.IsCollector ? wanted.Max + 1 : wanted.Max)];
        var isTooLong = found.Bytes > Math.Min(wanted.Max, most);
        if (isTooLong)
        {
            collected.Failures.Add(new(wanted.Name, wanted.IsCollector ? CollectSizeExceeded : CopyOutSizeExceeded, $"it has {found.Bytes} bytes, and at most {Math.Min(wanted.Max, most)} are delivered"));
        }

        if (isTooLong && wanted is { IsCollector: false, IsTruncated: false })
        {
            return;
        }

        if (!wanted.IsCached)
        {
            collected.Files[wanted.Name] = content;
            return;
        }

        // Cut, so that it is another file than the one that was there.
        using var bytes = new MemoryStream(content.ToArray());
        collected.Ids[wanted.Name] = await kept.PutAsync(tenant, wanted.Name, bytes, cancellationToken);
    }

    private static void Miss(WantedFile wanted, OutputFailure? failure, bool wasCancelled, Collected collected)
    {
        // Whoever cancels knows why something is missing.
        if (wasCancelled && !wanted.IsCollector)
        {
            return;
        }

        if (wanted.IsCollector && failure?.Refusal is null or OutputRefusal.Missing)
        {
            // Its own doing: it has removed what it was given.
            collected.Files[wanted.Name] = ReadOnlyMemory<byte>.Empty;
            return;
        }

        if (failure is null && wanted.IsOptional)
        {
            return;
        }

        var (type, message) = failure switch
        {
            null when CommandPaths.IsPattern(wanted.Path) => ("CopyOutOpen", "a name with * or ? is not collected"),
            null => ("CopyOutOpen", "no such file"),
            { Refusal: OutputRefusal.NotRegular } => ("CopyOutNotRegularFile", failure.Error.StartsWith("not a regular file", StringComparison.Ordinal) ? failure.Error : "not a regular file: " + failure.Error),
            { Refusal: OutputRefusal.TooLarge } => (wanted.IsCollector ? CollectSizeExceeded : CopyOutSizeExceeded, failure.Error),
            { Refusal: OutputRefusal.Missing } => ("CopyOutOpen", failure.Error),
            _ => ("CopyOutCopyContent", failure.Error),
        };
        collected.Failures.Add(new(wanted.Name, type, message));
    }

    private static ReadOnlyMemory<byte> Said(ProcessesResult? result, Transcript transcript)
    {
        using var said = new MemoryStream();
        foreach (var piece in result?.Pipes.FirstOrDefault(pipe => pipe.Name == transcript.Pipe)?.Transcript ?? [])
        {
            said.Write(piece.Content.Span[..(int)Math.Min(piece.Content.Length, transcript.Max - said.Length)]);
        }

        return said.ToArray();
    }

    private static string Words(FileFailure failure) => failure.Message.Length > 0 ? $"{failure.Name}: {failure.Message}" : $"{failure.Name}: {failure.Type}";

    private static long Nanoseconds(TimeSpan time) => time.Ticks * 100;

    private sealed class Collected
    {
        public Dictionary<string, ReadOnlyMemory<byte>> Files { get; } = new(StringComparer.Ordinal);

        public Dictionary<string, string> Ids { get; } = new(StringComparer.Ordinal);

        public List<FileFailure> Failures { get; } = [];
    }
}
