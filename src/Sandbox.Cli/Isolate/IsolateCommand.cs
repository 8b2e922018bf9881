using Sandbox.Cli.Interop;
using Sandbox.Cli.Run;

namespace Sandbox.Cli.Isolate;

/// <summary><c>sandbox isolate</c>, also where the executable is called <c>isolate</c>: for programs that run jobs by isolate.</summary>
internal static class IsolateCommand
{
    /// <summary>The word, and the name of the executable.</summary>
    public const string Word = "isolate";

    /// <summary>For the list of commands; its arguments are taken apart by rules of their own.</summary>
    public static Command Command { get; } = new()
    {
        Name = Word,
        Arguments = "[-- PROGRAM [ARGUMENT]...]",
        ArgumentKind = ValueKind.File,
        Most = int.MaxValue,
        Summary = "Make, use and remove boxes by the command line of isolate 2",
        Details = """
            --init makes a box and prints its folder, in which "box" is the working folder; --run runs programs in it, one after the other;
            --cleanup removes it. A link to this program that is called "isolate" does the same.
            """,
        Sections = static () => IsolateOptions.Groups,
        Notes = """
            Boxes are in $SANDBOX_ISOLATE; without it in /var/local/lib/isolate for root and in /var/tmp/sandbox-isolate-UID for others.
            What cannot be held is refused. The program is not looked for in PATH, and has no variable but those that are given.
            """,
        Statuses =
        [
            new("0", "the program ended with 0; the box was made or removed"),
            new("1", "the program failed, was killed or was over its time"),
            new("2", "the sandbox failed, or was used wrongly"),
        ],
        Examples =
        [
            "sandbox isolate --box-id=3 --init",
            "sandbox isolate --box-id=3 --time=2 --meta=meta --dir=/etc:noexec --run -- /bin/sh -c 'echo hello > out'",
            "sandbox isolate --box-id=3 --cleanup",
            "ln -s /usr/local/bin/sandbox /usr/local/bin/isolate",
        ],
        Run = static arguments => Run([.. arguments.Given]),
    };

    /// <summary>The executable is called so.</summary>
    public static bool IsCalledSo => Environment.GetCommandLineArgs() is [var name, ..] && Path.GetFileName(name) == Word;

    /// <summary>Does what is asked for.</summary>
    /// <param name="arguments">Options, and the program.</param>
    public static int Run(string[] arguments)
    {
        if (arguments is ["--help" or "-h", ..])
        {
            StandardStreams.WriteOutput(CommandHelp.Of(Word));
            return IsolateOutcome.Ok;
        }

        if (Array.Exists(arguments, static argument => ProcessText.IsDamaged(argument, "/proc/self/cmdline")))
        {
            IsolateWords.Write("an argument is not valid UTF-8, and everything that a job is given must be");
            return IsolateOutcome.Broken;
        }

        if (IsolateArguments.Parse(arguments, out var problem) is not { } request)
        {
            IsolateWords.Write(problem);
            StandardStreams.WriteError(CommandHelp.Of(Word));
            return IsolateOutcome.Broken;
        }

        try
        {
            return Run(request);
        }
        catch (IsolateException failure)
        {
            IsolateWords.Write(failure.Message);
            return IsolateOutcome.Broken;
        }
    }

    private static int Run(IsolateRequest request) => request.Action switch
    {
        IsolateAction.Version => Print(IsolateWords.Version),
        IsolateAction.Run => UserProblem(request) is { } problem ? throw new IsolateException(problem) : IsolateRun.Run(request, Environment.GetEnvironmentVariable),
        IsolateAction.Init => Init(request),
        IsolateAction.Cleanup => Cleanup(request),
        IsolateAction.CheckConfig => CheckConfig(),
        _ => PrintCgRoot(),
    };

    private static int Init(IsolateRequest request)
    {
        if ((request.Refusal ?? UserProblem(request)) is { } problem)
        {
            throw new IsolateException(problem);
        }

        if (request.QuotaBlocks > 0)
        {
            throw new IsolateException("--quota cannot be held: use --fsize and a small file system for boxes");
        }

        using var place = BoxPlace.Open(PathOfBoxes(), make: true)!;
        using var box = place.Take(request.Box, make: true, request.Waits)!;
        var (uid, gid) = TreeCalls.Self;
        box.Make(new(request.AsUid ?? uid, request.AsGid ?? gid, request.HasGroup));
        return Print(box.Path);
    }

    private static int Cleanup(IsolateRequest request)
    {
        using var place = BoxPlace.Open(PathOfBoxes(), make: false);
        using var box = place?.Take(request.Box, make: false, request.Waits);
        if (box is null && request.Verbosity > 0)
        {
            IsolateWords.Write("There is no such box");
        }

        box?.Remove();
        return IsolateOutcome.Ok;
    }

    private static int CheckConfig()
    {
        using var place = BoxPlace.Open(PathOfBoxes(), make: true);
        return IsolateOutcome.Ok;
    }

    private static int PrintCgRoot() => throw new IsolateException("no directory of control groups is fixed: \"sandbox doctor\" says where jobs get theirs");

    private static string PathOfBoxes() => BoxPlace.PathOf(TreeCalls.Self.Uid, Environment.GetEnvironmentVariable(BoxPlace.Variable));

    private static string? UserProblem(IsolateRequest request) => (request.AsUid, request.AsGid) switch
    {
        (null, null) => null,
        (null, _) or (_, null) => "--as-uid and --as-gid need each other",
        _ => IsolateRun.HostUid(request.Box) is null ? "--as-uid and --as-gid are for real root" : null,
    };

    private static int Print(string line)
    {
        StandardStreams.WriteOutput(line);
        return StandardStreams.OutputFailed ? IsolateOutcome.Broken : IsolateOutcome.Ok;
    }
}
