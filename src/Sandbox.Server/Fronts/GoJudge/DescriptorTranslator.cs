namespace Sandbox.Server.Fronts.GoJudge;

// A descriptor that is collected is a file of the working directory, which the job can see, seek and reopen, unless it asks for a pipe.

/// <summary>Gives a command what its <c>files</c> say, by descriptor.</summary>
internal sealed class DescriptorTranslator(CommandTranslator translator, CommandForm form, IReadOnlyDictionary<int, PipeEnd> pipes, bool isStream)
{
    /// <summary>The highest number of a descriptor.</summary>
    public const int Last = 47;

    private readonly List<FileForm?> _files = form.Files ?? [];
    private readonly HashSet<string> _cached = [.. form.CopyOutCached?.Select(static name => CommandTranslator.NameOf(name).Name) ?? []];

    /// <summary>Adds them.</summary>
    /// <exception cref="GoJudgeRefusal">One is of no kind, or cannot be given here.</exception>
    public void AddTo(CommandDraft draft)
    {
        if (_files.Count > Last + 1)
        {
            throw GoJudgeRefusal.CannotRun($"a command has at most the descriptors 0 to {Last} on this server");
        }

        if (form.Tty == true)
        {
            AddTerminal(draft);
            return;
        }

        for (var number = 0; number < _files.Count; number++)
        {
            Add(number, _files[number], draft);
        }

        // A pipe may lead to a number that files does not reach.
        foreach (var number in pipes.Keys.Where(number => number >= _files.Count).Order())
        {
            AddPipe(number, draft);
        }
    }

    private void Add(int number, FileForm? file, CommandDraft draft)
    {
        switch (file)
        {
            case null:
                AddPipe(number, draft);
                break;
            case { IsInput: true }:
                AddInput(number, file, draft);
                break;
            case { IsCollector: true }:
                AddCollector(number, file, draft);
                break;
            case { StreamIn: true } or { StreamOut: true } when isStream:
                AddLive(number, file, draft);
                break;
            default:
                throw GoJudgeRefusal.NoFile($"files: the entry {number} is of no kind that could be given to a command here");
        }
    }

    private void AddPipe(int number, CommandDraft draft)
    {
        var end = pipes.GetValueOrDefault(number) ?? throw GoJudgeRefusal.CannotRun($"the descriptor {number} was left null: no pipe leads there");
        switch (number)
        {
            case 0 when !end.Writes:
                draft.Stdin = new PipeStdin { Pipe = end.Pipe };
                break;
            case 1 when end.Writes:
                draft.Stdout = new PipeOutput { Pipe = end.Pipe };
                break;
            case 2 when end.Writes:
                draft.Stderr = new PipeOutput { Pipe = end.Pipe };
                break;
            case > 2:
                draft.Pipes.Add(new() { Number = number, Pipe = end.Pipe, Write = end.Writes });
                break;
            default:
                throw GoJudgeRefusal.CannotRun($"wrong pipe mapping: the descriptor {number} of a command cannot be {(end.Writes ? "written to" : "read from")} on this server");
        }
    }

    private void AddInput(int number, FileForm file, CommandDraft draft)
    {
        var content = translator.ContentOf(file, out var reason) ?? throw GoJudgeRefusal.CannotRun($"{DisplayText.Quote(file.Src!)}: {reason}");
        if (number == 0)
        {
            draft.Stdin = Stdin.From(content);
            return;
        }

        // Where a command has no business; the job finds it nevertheless, as /proc/self/fd would tell it.
        var path = $"/tmp/.descriptor-{number}";
        draft.Files[path] = content;
        draft.Opened.Add(new() { Path = path, Descriptors = [number], ReadOnly = true });
    }

    private void AddCollector(int number, FileForm file, CommandDraft draft)
    {
        var (name, max) = (file.Name!, Math.Clamp(file.Max!.Value, 0, long.MaxValue / 2));
        if (CommandPaths.Of(name) is not { } path || !CommandPaths.IsWritable(path) || CommandPaths.IsPattern(path))
        {
            throw GoJudgeRefusal.CannotRun($"{DisplayText.Quote(name)} is no name of a file to collect below {CommandPaths.WorkingDirectory}");
        }

        var isCaptured = file.Pipe == true && number is 1 or 2 && !_cached.Contains(name);
        if (draft.Wanted.Find(wanted => wanted.Name == name) is { } same)
        {
            Share(number, same, draft);
            return;
        }

        if (isCaptured)
        {
            (draft.Stdout, draft.Stderr) = number == 1 ? (OutputStream.Capture, draft.Stderr) : (draft.Stdout, OutputStream.Capture);
            draft.Wanted.Add(new() { Name = name, Stream = number, Max = max, IsCollector = true });
            return;
        }

        draft.Opened.Add(new() { Path = path, Descriptors = [number] });
        draft.Wanted.Add(new() { Name = name, Path = path, Max = max, IsCollector = true, IsCached = _cached.Contains(name) });
    }

    // Two entries of one name are one open file, or one stream.
    private static void Share(int number, WantedFile same, CommandDraft draft)
    {
        if (same.Stream == 1 && number == 2)
        {
            draft.Stderr = OutputStream.Merged;
            return;
        }

        var opened = draft.Opened.FindIndex(file => file.Path == same.Path && !file.ReadOnly);
        if (opened < 0)
        {
            throw GoJudgeRefusal.CannotRun($"{DisplayText.Quote(same.Name)} is collected by descriptors that cannot share a stream on this server");
        }

        draft.Opened[opened] = draft.Opened[opened] with { Descriptors = [.. draft.Opened[opened].Descriptors, number] };
    }

    private static void AddLive(int number, FileForm file, CommandDraft draft)
    {
        if (number > 2 || (number == 0) != (file.StreamIn == true))
        {
            throw GoJudgeRefusal.CannotRun("on this server, streamIn is for the descriptor 0, and streamOut for 1 and 2");
        }

        draft.Live.Add(number);
    }

    // One terminal for all of them: what is typed is the one input, and what it shows the first output.
    private void AddTerminal(CommandDraft draft)
    {
        var inputs = _files.Where(static file => file is { IsInput: true } or { StreamIn: true }).ToList();
        if (inputs.Count > 1 || pipes.Count > 0 || _files.Any(static file => file is null))
        {
            throw GoJudgeRefusal.CannotRun("a command with a terminal has at most one input, and no pipe");
        }

        if (inputs is [{ IsInput: true } input])
        {
            AddInput(0, input, draft);
        }
        else if (inputs.Count == 1)
        {
            if (!isStream)
            {
                throw GoJudgeRefusal.NoFile("files: streamIn is for /stream only");
            }

            AddLive(0, inputs[0]!, draft);
        }

        foreach (var file in _files.Except(inputs))
        {
            switch (file)
            {
                case { IsCollector: true } when !draft.Wanted.Exists(wanted => wanted.Name == file.Name):
                    draft.Stdout = draft.Wanted.Count == 0 ? OutputStream.Capture : draft.Stdout;
                    draft.Wanted.Add(new() { Name = file.Name!, Stream = draft.Wanted.Count == 0 ? 1 : 2, Max = Math.Clamp(file.Max!.Value, 0, long.MaxValue / 2), IsCollector = true });
                    break;
                case { StreamOut: true } when isStream && !draft.Live.Contains(1):
                    draft.Live.Add(1);
                    break;
                case { IsCollector: true } or { StreamOut: true } when isStream || file.IsCollector:
                    break;
                default:
                    throw GoJudgeRefusal.NoFile("files: an entry is of no kind that could be given to a command here");
            }
        }

        draft.Stderr = OutputStream.Merged;
    }
}
