using Sandbox.Running;

namespace Sandbox.Cli.Running;

/// <summary><c>sandbox rm</c>: nothing is kept any more of detached runs, as docker rm and docker container prune have it.</summary>
internal static class RemoveCommand
{
    private static readonly TimeSpan s_untilKilled = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_untilGone = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_nap = TimeSpan.FromMilliseconds(5);

    public static Command Command { get; } = new()
    {
        Name = "rm",
        Arguments = "[ID]...",
        ArgumentKind = new() { Names = "ps --all --ids" },
        Most = int.MaxValue,
        Summary = "Remove what is kept of detached sandboxes that are over: log and exit status",
        Options =
        [
            new() { Name = "all", Letter = 'a', Help = "of all that are over" },
            new() { Name = "force", Letter = 'f', Help = "kill those that run first" },
        ],
        Examples = ["sandbox rm web", "sandbox rm --all"],
        Run = Run,
    };

    private static int Run(CommandArguments arguments)
    {
        if (arguments.Has("all") == arguments.Words.Count > 0)
        {
            Diagnostics.Write(arguments.Has("all") ? "rm: --all means all that are over, and no other" : "rm: which sandbox? \"--all\" removes all that are over");
            return ExitStatus.Usage;
        }

        return arguments.Has("all") ? RunningCommands.Looking(RemoveAll) : RunningCommands.Each(arguments, sandbox => Remove(sandbox, arguments.Has("force")));
    }

    private static int RemoveAll(RunningSandboxes found)
    {
        foreach (var run in found.All.Where(static sandbox => sandbox.Host is null).Select(static sandbox => sandbox.Kept).OfType<KeptRun>().Where(static run => !run.IsHeld))
        {
            run.Remove();
        }

        return ExitStatus.Ok;
    }

    private static void Remove(FoundSandbox sandbox, bool isForced)
    {
        if (sandbox.Host is not null)
        {
            if (!isForced)
            {
                throw new HostRefusedException("it runs: \"sandbox stop\" ends it, and --force kills it first");
            }

            Kill(sandbox);
        }

        // Its process has the last word on how it ended.
        var since = TimeProvider.System.GetTimestamp();
        while (sandbox.Kept is { IsHeld: true })
        {
            if (TimeProvider.System.GetElapsedTime(since) > s_untilGone)
            {
                throw new HostRefusedException("the process that has it does not end");
            }

            Thread.Sleep(s_nap);
        }

        sandbox.Kept?.Remove();
    }

    private static void Kill(FoundSandbox sandbox)
    {
        try
        {
            RunningCommands.Do(sandbox, HostQuestion.Kill);
            _ = RunningCommands.Await(sandbox, s_untilKilled);
        }
        catch (HostRefusedException)
        {
            // It is over, which is what was asked for.
        }
    }
}
