using System.Globalization;
using Sandbox.Server.Settings;

namespace Sandbox.Server.Fronts.GoJudge;

/// <summary>Makes jobs of a request: of one command a job of one sandbox, of several one of as many processes.</summary>
internal sealed class RequestTranslator(ServerSettings settings, KeptFiles kept, string tenant)
{
    // What a job may keep of pipes, each and together (docs/job.md, "Several processes").
    private const long MostOfOnePipe = 16 << 20;
    private const long MostOfAllPipes = 64 << 20;

    // A piece costs this more than its bytes, and may have one.
    private const long PieceBytes = 33;

    private const int MostStreamed = 16;

    /// <summary>Translates one.</summary>
    /// <param name="form">The request.</param>
    /// <param name="isStream">It came by <c>/stream</c>.</param>
    /// <exception cref="GoJudgeRefusal">It is none, or cannot be run here.</exception>
    public RequestPlan Translate(RequestForm form, bool isStream)
    {
        var commands = form.Cmd?.ConvertAll(static command => command ?? new()) ?? [];
        if (commands.Count == 0)
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
        var groups = new CommandGroups(commands.Count);
        if (commands.Count > 1)
        {
            Connect(form with { Cmd = [.. commands] }, ends, groups, pipes, transcripts);
        }

        // Together they may hold so much; where their files may come to more, the large ones have less each.
        var memory = commands.Sum(command => (double)Math.Min(CommandLimits.Of(command, settings, 0).MemoryBytes!.Value, settings.Maximum.MemoryBytes ?? long.MaxValue));
        var plans = Plans(commands, ends, isStream, long.MaxValue, out var most);
        var share = FrontHold.Share([.. plans.SelectMany(plan => plan.Wanted).Select(wanted => wanted.Held(most)).Where(static bytes => bytes > 0)],
            FrontHold.Beside((long)Math.Min(memory, long.MaxValue / 2), settings.Queue.MemoryBytes));
        if (share < most)
        {
            plans = Plans(commands, ends, isStream, share, out most);
        }

        if (plans.FindLastIndex(static plan => plan.Live.Count > 0) >= MostStreamed)
        {
            throw GoJudgeRefusal.Invalid($"only the first {MostStreamed} commands can have streams: a message has four bits for the number of one");
        }

        var areApart = commands.Count > RequestForm.MostTogether || (commands.Count > 1 && plans.Exists(static plan => plan.Live.Count > 0));
        IReadOnlyList<IReadOnlyList<int>> parts = areApart ? groups.All : [[.. Enumerable.Range(0, commands.Count)]];
        return new()
        {
            Commands = plans,
            MostBytes = most,
            IgnoresRate = commands.Exists(command => CommandLimits.IgnoresRate(command, settings)),
            Parts = [.. parts.Select(places => Part(places, plans, pipes, transcripts, most))],
        };
    }

    private List<CommandPlan> Plans(List<CommandForm> commands, List<Dictionary<int, PipeEnd>> ends, bool isStream, long share, out long most)
    {
        var translator = new CommandTranslator(settings, kept, tenant, share);
        most = translator.MostBytes;
        return [.. commands.Select((command, index) => translator.Translate(command, ends[index], isStream))];
    }

    private static RequestPart Part(IReadOnlyList<int> places, List<CommandPlan> plans, List<JobPipe> pipes, List<Transcript> transcripts, long most)
    {
        if (places.Count > RequestForm.MostConnected)
        {
            throw GoJudgeRefusal.CannotRun($"on this server, pipes connect at most {RequestForm.MostConnected} commands with each other");
        }

        var names = places.SelectMany(place => plans[place].Pipes).ToHashSet(StringComparer.Ordinal);
        return new()
        {
            Places = places,
            Commands = [.. places.Select(place => plans[place])],
            Transcripts = [.. transcripts.Where(transcript => names.Contains(transcript.Pipe))],
            HeldBytes = places.SelectMany(place => plans[place].Wanted).Sum(wanted => wanted.Held(most)) + pipes.Where(pipe => names.Contains(pipe.Name)).Sum(static pipe => pipe.TranscriptBytes),
            Job = places.Count == 1 ? plans[places[0]].Job : new ProcessesJob
            {
                Processes = [.. places.Select(place => new JobProcess { Name = Number(place), Job = plans[place].Job })],
                Pipes = [.. pipes.Where(pipe => names.Contains(pipe.Name))],
            },
        };
    }

    private static void Connect(RequestForm form, List<Dictionary<int, PipeEnd>> ends, CommandGroups groups, List<JobPipe> pipes, List<Transcript> transcripts)
    {
        var maps = form.PipeMapping ?? [];
        var named = Math.Max(1, maps.Count(static map => map is { Proxy: true, Name: not null }));
        for (var index = 0; index < maps.Count; index++)
        {
            var map = maps[index];
            var (writer, reader) = (map?.In ?? new(), map?.Out ?? new());
            if (map is null || !Give(form, ends, writer, new(Number(index), true)) || !Give(form, ends, reader, new(Number(index), false)) || (writer.Index ?? 0) == (reader.Index ?? 0))
            {
                throw GoJudgeRefusal.CannotRun($"wrong pipe mapping: entry {index} does not lead from a descriptor that is null to one of another command, each used once and at most {DescriptorTranslator.Last}");
            }

            groups.Join(writer.Index ?? 0, reader.Index ?? 0);
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
        return index >= 0 && index < ends.Count && number is >= 0 and <= DescriptorTranslator.Last && form.Cmd![index]!.Files?.ElementAtOrDefault(number) is null && ends[index].TryAdd(number, end);
    }

    private static string Number(int index) => index.ToString(CultureInfo.InvariantCulture);
}
