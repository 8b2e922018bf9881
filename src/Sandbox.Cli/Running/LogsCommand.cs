using Sandbox.Cli.Interop;
using Sandbox.Running;

namespace Sandbox.Cli.Running;

/// <summary><c>sandbox logs</c>: what a detached job has written, and what it writes.</summary>
internal static class LogsCommand
{
    private static readonly Microsoft.Win32.SafeHandles.SafeFileHandle s_error = new(2, ownsHandle: false);

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    public static Command Command { get; } = new()
    {
        Name = "logs",
        Arguments = "ID",
        ArgumentKind = new() { Names = "ps --all --ids" },
        Fewest = 1,
        Most = 1,
        Question = "which sandbox?",
        Summary = "Print what a detached sandbox has written, to stdout and stderr as it did",
        Details = "Of what is more than \"sandbox run --log-size\" the older half is gone, which is told on stderr.",
        Options = [new() { Name = "follow", Letter = 'f', Help = "go on until it is over" }],
        Examples = ["sandbox logs web", "sandbox logs -f web"],
        Run = static arguments => RunningCommands.Each(arguments, sandbox => Print(sandbox, arguments.Has("follow"))),
    };

    private static void Print(FoundSandbox sandbox, bool follows)
    {
        if (sandbox.Kept is not { } kept)
        {
            throw new HostRefusedException("what it writes goes to whoever started it, and is not kept: start it with \"sandbox run --detach\"");
        }

        // What is there before it is known that nothing more comes is all there is.
        for (long at = 0; ;)
        {
            var isOver = !follows || sandbox.Host is not { } host || IsOver(host, sandbox.Row.Id!, at);
            var from = at;
            at = RunLog.Read(kept.Place, at, (_, descriptor, bytes) => Write(descriptor, bytes), missed => Tell(missed));
            if (StandardStreams.OutputFailed || (isOver && at == from) || !follows || StandardStreams.OutputProblem() is not null)
            {
                return;
            }
        }
    }

    private static bool IsOver(HostClient host, string id, long after)
    {
        try
        {
            using var answer = host.Ask(HostQuestion.Log, id, s_patience, json => json.WriteNumber("after", after));
            return answer is null || answer.RootElement.GetProperty("over").GetBoolean();
        }
        catch (Exception gone) when (gone is IOException or HostRefusedException)
        {
            return true;
        }
    }

    private static void Write(int descriptor, byte[] bytes)
    {
        if (descriptor == 1)
        {
            StandardStreams.WriteOutput(bytes.AsSpan());
            return;
        }

        for (var rest = bytes.AsSpan(); rest.Length > 0 && Descriptors.IsWritable(s_error, patience: null);)
        {
            var count = Descriptors.Write(s_error, rest[..Math.Min(rest.Length, 4096)]);
            if (count < 0 && count is not (-Descriptors.EINTR or -Descriptors.EAGAIN))
            {
                return;
            }

            rest = rest[Math.Max(count, 0)..];
        }
    }

    private static void Tell(long missed) => Diagnostics.Write($"{DisplayText.Bytes(missed)} before this are not kept any more");
}
