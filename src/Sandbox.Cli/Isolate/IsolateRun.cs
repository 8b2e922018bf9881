using Microsoft.Win32.SafeHandles;
using Sandbox.Cli.Interop;
using Sandbox.Cli.Terminal;

namespace Sandbox.Cli.Isolate;

/// <summary><c>isolate --run</c>: from the lock of the box to its folder given back.</summary>
internal static class IsolateRun
{
    // Behind the ids that real root gives to other jobs, and their subordinate ones; one for each box.
    private const uint FirstHostUid = 0x7002_0000;

    /// <summary>Runs the program, and tells what became of it.</summary>
    /// <returns>The exit status.</returns>
    public static int Run(IsolateRequest request, Func<string, string?> variable)
    {
        if (MetaFile.Open(request.Meta, out var problem) is not { } meta)
        {
            StandardStreams.WriteError(DisplayText.Printable(problem));
            return IsolateOutcome.Broken;
        }

        using (meta)
        {
            IsolateSignals.Listen(signal => Tell(request, meta, IsolateOutcome.Interrupted(signal, run: null)));
            var outcome = Try(request, variable);
            IsolateSignals.Shield();
            return Tell(request, meta, outcome);
        }
    }

    /// <summary>The ids of this machine that a box's job has; null where it has the caller's.</summary>
    public static uint? HostUid(int box) => SandboxHost.JobUid(Options(box));

    // The exit status.
    private static int Tell(IsolateRequest request, MetaFile meta, IsolateOutcome outcome)
    {
        if (!request.IsSilent || outcome.ExitStatus == IsolateOutcome.Broken)
        {
            StandardStreams.WriteError(DisplayText.Printable(outcome.Report));
        }

        if (meta.Write(outcome.Lines(request.HasGroup)) is not { } failure)
        {
            return outcome.ExitStatus;
        }

        StandardStreams.WriteError(DisplayText.Printable(failure));
        return IsolateOutcome.Broken;
    }

    private static IsolateOutcome Try(IsolateRequest request, Func<string, string?> variable)
    {
        try
        {
            if (IsolateJob.Problem(request) is { } problem)
            {
                return IsolateOutcome.Failure(problem);
            }

            using var place = BoxPlace.Open(BoxPlace.PathOf(TreeCalls.Self.Uid, variable(BoxPlace.Variable)), make: false);
            using var box = place?.Take(request.Box, make: false, request.Waits);
            if (box?.Record is not { } record)
            {
                return IsolateOutcome.Failure($"Box not found, did you run `isolate {(request.HasGroup ? "--cg " : "")}--init'?");
            }

            return record.HasGroup != request.HasGroup
                ? IsolateOutcome.Failure($"The box was made with{(record.HasGroup ? "" : "out")} --cg, which is to be the same in every command")
                : In(box, record, request);
        }
        catch (IsolateException failure)
        {
            return IsolateOutcome.Failure(failure.Message);
        }
        catch (SandboxException failure)
        {
            return IsolateOutcome.Failure(SandboxHost.Explain(failure).Message);
        }
    }

    private static IsolateOutcome In(Box box, BoxRecord record, IsolateRequest request)
    {
        using var work = box.OpenWork();
        var host = HostUid(request.Box);
        var made = host is null ? new MadeFiles(box.Made) : null;
        var directories = new DirectoryScan(box.Path, IdentityOf(work), made).Of(DirectoryRule.InForce(request.Directories, !request.HasNoDefaults));
        var job = IsolateJob.Of(request, FactsOf(request, directories));
        IsolateWords.Tell(request, job, directories);
        IsolateSignals.Shield();
        if (host is { } id)
        {
            BoxTree.Hand(work, id);
        }

        var outcome = Run(job, request);

        // Where it was not given away, what its maker has hidden from itself is shown again.
        BoxTree.Give(work, host is null ? null : (record.Uid, record.Gid), request.KeepsSpecialFiles);
        if (made is not null)
        {
            made.Note(DirectoryScan.Protected(directories));
            box.Made = made.Bytes;
        }

        return outcome;
    }

    private static IsolateOutcome Run(JobSpec job, IsolateRequest request)
    {
        using var session = new JobSession(Options(request.Box), "isolate") { IsLast = true };
        var result = (JobResult)session.Run(job, static (runner, document) => Run(runner, (JobSpec)document), static invalid => invalid);
        return IsolateOutcome.Of(request, result, IsolateSignals.First);
    }

    private static JobResult Run(OneShotRunner runner, JobSpec job)
    {
        if (!job.Terminal)
        {
            return runner.Run(job, foreground: null, IsolateSignals.Token);
        }

        var foreground = new JobForeground();
        using var terminal = HeldTerminal.Take(job, foreground);
        return runner.Run(job, foreground, IsolateSignals.Token);
    }

    private static FileIdentity IdentityOf(SafeFileHandle work)
    {
        IsolateException.Check(TreeCalls.Status(work, out var entry), "the box cannot be looked at");
        return new() { Device = entry.Device, Inode = entry.Inode };
    }

    private static IsolateFacts FactsOf(IsolateRequest request, IReadOnlyList<BoundDirectory> directories) => new()
    {
        IsOutputTerminal = TerminalDevice.Is(new(1, ownsHandle: false)),
        Inherited = request.InheritsDescriptors ? Inherited(request.IsSilent) : [],
        Environment = [.. Variables()],
        Hostname = HostName(),
        IsStdinClosed = StandardStreams.IsClosed(0),
        IsStdoutClosed = StandardStreams.IsClosed(1),
        AreOutputsOne = StandardStreams.AreSame(1, 2),
        Directories = directories,
    };

    // Those beyond are often somebody else's who forgot to close them. A job that wants one finds it closed, and here is why.
    private static IReadOnlyList<int> Inherited(bool isSilent)
    {
        var (numbers, hasMore) = EarlyStart.InheritedDescriptors() ?? throw new IsolateException("--inherit-fds: this build does not know what its caller had open");
        if (hasMore && !isSilent)
        {
            IsolateWords.Write("--inherit-fds: the descriptors 3 to 47 are passed on, and those beyond are not");
        }

        return numbers;
    }

    private static IEnumerable<string> Variables()
    {
        foreach (System.Collections.DictionaryEntry variable in Environment.GetEnvironmentVariables())
        {
            yield return $"{variable.Key}={variable.Value}";
        }
    }

    private static string HostName()
    {
        const int longest = 64;
        var name = File.ReadAllText("/proc/sys/kernel/hostname").Trim();
        return name.Length is > 0 and <= longest && name.All(static letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '_' or '-') ? name : "sandbox";
    }

    private static SandboxOptions Options(int box) => new() { RootUidRangeStart = FirstHostUid + (uint)box, RootUidRangeLength = 1 };
}
