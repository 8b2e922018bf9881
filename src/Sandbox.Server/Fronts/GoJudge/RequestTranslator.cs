using System.Globalization;
using Sandbox.Server.Settings;

namespace Sandbox.Server.Fronts.GoJudge;

/// <summary>What a request is run as.</summary>
internal sealed record RequestPlan
{
    /// <summary>The commands, in order.</summary>
    public required IReadOnlyList<CommandPlan> Commands { get; init; }

    /// <summary>The job of all of them.</summary>
    public required JobDocument Job { get; init; }

    /// <summary>What went through pipes, as files of whoever wrote it.</summary>
    public IReadOnlyList<Transcript> Transcripts { get; init; } = [];

    /// <summary>The results where one of them cannot be started, so that none is; null where all can.</summary>
    public IReadOnlyList<CommandResult>? AtOnce =>
        Commands.All(static command => command.AtOnce is null) ? null : [.. Commands.Select(static command => command.AtOnce ?? CommandResult.NotStarted("another command of the request cannot be started"))];
}

/// <summary>A pipe of which the beginning is told.</summary>
/// <param name="Pipe">Its name in the job.</param>
/// <param name="Command">Who writes it.</param>
/// <param name="Name">What it is called in that one's result.</param>
/// <param name="Max">The most bytes of it.</param>
internal sealed record Transcript(string Pipe, int Command, string Name, long Max);

/// <summary>Makes a job of a request: of one command a job of one sandbox, of several one of as many processes.</summary>
internal sealed class RequestTranslator(ServerSettings settings, KeptFiles kept, string tenant)
{
    // What a job may keep of pipes, each and together (docs/job.md, "Several processes").
    private const long MostOfOnePipe = 16 << 20;
    private const long MostOfAllPipes = 64 << 20;

    // A piece costs this more than its bytes, and may have one.
    private const long PieceBytes = 33;

    /// <summary>Translates one.</summary>
    /// <param name="form">The request.</param>
    /// <param name="isStream">It came by <c>/stream</c>.</param>
    /// <exception cref="GoJudgeRefusal">It is none, or cannot be run here.</exception>
    public RequestPlan Translate(RequestForm form, bool isStream)
    {
        var commands = form.Cmd ?? [];
        if (commands.Count == 0 || commands.Exists(static command => command is null))
        {
            throw GoJudgeRefusal.Invalid("no cmd provided");
        }

        if (commands.Count > RequestForm.MostCommands)
        {
            throw GoJudgeRefusal.Invalid($"a request has at most {RequestForm.MostCommands} commands on this server");
        }

        var pipes = new List<JobPipe>();
        var transcripts = new List<Transcript>();
        var ends = commands.ConvertAll(static _ => new Dictionary<int, PipeEnd>());
        if (commands.Count > 1)
        {
            Connect(form, ends, pipes, transcripts);
        }

        var translator = new CommandTranslator(settings, kept, tenant);
        var plans = commands.Select((command, index) => translator.Translate(command!, ends[index], isStream)).ToList();
        if (plans.Count > 1 && plans.Exists(static plan => plan.Live.Count > 0))
        {
            throw GoJudgeRefusal.CannotRun("on this server, only a request of one command can have streams");
        }

        return new()
        {
            Commands = plans,
            Transcripts = transcripts,
            Job = plans.Count == 1 ? plans[0].Job : new ProcessesJob { Processes = [.. plans.Select(static (plan, index) => new JobProcess { Name = Number(index), Job = plan.Job })], Pipes = pipes },
        };
    }

    private static void Connect(RequestForm form, List<Dictionary<int, PipeEnd>> ends, List<JobPipe> pipes, List<Transcript> transcripts)
    {
        var maps = form.PipeMapping ?? [];
        var named = Math.Max(1, maps.Count(static map => map is { Proxy: true, Name: not null }));
        for (var index = 0; index < maps.Count; index++)
        {
            var map = maps[index];
            var (writer, reader) = (map?.In ?? new(), map?.Out ?? new());
            if (map is null || !Give(form, ends, writer, new(Number(index), true)) || !Give(form, ends, reader, new(Number(index), false)) || (writer.Index ?? 0) == (reader.Index ?? 0))
            {
                throw GoJudgeRefusal.CannotRun($"wrong pipe mapping: entry {index} does not lead from a descriptor that is null to one of another command, each used once");
            }

            if (map.Proxy != true)
            {
                continue;
            }

            var most = map.Name is null ? 0 : Math.Clamp(map.Max ?? 0, 0, MostOfOnePipe);
            pipes.Add(new() { Name = Number(index), DropsUnread = true, TranscriptBytes = Math.Min(most * PieceBytes, Math.Min(MostOfOnePipe, MostOfAllPipes / named)) });
            if (map.Name is { } name)
            {
                transcripts.Add(new(Number(index), writer.Index ?? 0, name, most));
            }
        }
    }

    private static bool Give(RequestForm form, List<Dictionary<int, PipeEnd>> ends, PipeEndForm place, PipeEnd end)
    {
        var (index, number) = (place.Index ?? 0, place.Fd ?? 0);
        return index >= 0 && index < ends.Count && form.Cmd![index]!.Files is { } files && number >= 0 && number < files.Count && files[number] is null && ends[index].TryAdd(number, end);
    }

    private static string Number(int index) => index.ToString(CultureInfo.InvariantCulture);
}
