using Sandbox.Server.Settings;
using Sandbox.Server.Trust;

namespace Sandbox.Server.Fronts.GoJudge;

/// <summary>Makes a job of one command. It decides nothing about what jobs may have: what it makes passes the trust boundary as any other.</summary>
/// <param name="settings">The server's.</param>
/// <param name="kept">Finds files by their ids.</param>
/// <param name="tenant">Whose they are.</param>
/// <param name="share">How many bytes of one file of the request may be held.</param>
internal sealed class CommandTranslator(ServerSettings settings, KeptFiles kept, string tenant, long share = long.MaxValue)
{
    // PATH_MAX
    private const int LongestName = 4096;

    private const string Hostname = "go-judge";
    private const int CopiedMode = 0x1FF; // 0777
    private const long UsualCaptured = 64L << 20;

    /// <summary>How many bytes of one file a result may have.</summary>
    public long MostBytes => Math.Min(share, settings.Maximum.OutputBytes ?? UsualCaptured);

    /// <summary>Translates one.</summary>
    /// <param name="form">The command.</param>
    /// <param name="pipes">The pipes that it is given, by descriptor.</param>
    /// <param name="isStream">Its streams may be a client's who stays with it.</param>
    /// <exception cref="GoJudgeRefusal">It is none, or cannot be run here.</exception>
    public CommandPlan Translate(CommandForm form, IReadOnlyDictionary<int, PipeEnd> pipes, bool isStream)
    {
        var draft = new CommandDraft();

        // Without a size of its own, which would be one more file system to be made for each command.
        draft.Mounts.Add(Mount.Tmpfs(CommandPaths.WorkingDirectory));
        CopyIn(form, draft);
        new DescriptorTranslator(this, form, pipes, isStream).AddTo(draft);
        draft.Wanted.AddRange(CopyOut(form, draft));
        var args = form.Args?.Select(static word => word ?? "").ToList() ?? [];
        if (args.Count == 0 || args[0].Length == 0)
        {
            draft.AtOnce ??= CommandResult.NotStarted("no program: args is empty");
        }

        var captured = draft.Wanted.Where(static wanted => wanted.Stream > 0).Select(wanted => wanted.Max < MostBytes ? wanted.Max + 1 : MostBytes).DefaultIfEmpty(MostBytes).Max();
        return new()
        {
            Form = form,
            Wanted = draft.Wanted,
            AtOnce = draft.AtOnce,
            Live = draft.Live,
            Pipes = [.. pipes.Values.Select(static end => end.Pipe)],
            Job = new()
            {
                Command = args.Count == 0 ? [""] : args,
                WorkingDirectory = CommandPaths.WorkingDirectory,
                Hostname = Hostname,
                Start = new() { Environment = [.. form.Env?.Select(static word => word ?? "") ?? []], LooksInWorkingDirectory = true, Opened = draft.Opened },
                Mounts = draft.Mounts,
                Files = [.. draft.Files.Select(static file => new InjectedFile { Path = file.Key, Content = file.Value, Mode = CopiedMode, ReadOnly = false })],
                Stdin = draft.Stdin,
                Stdout = draft.Stdout,
                Stderr = draft.Stderr,
                Descriptors = draft.Pipes,
                Terminal = form.Tty == true,
                // One file may be wanted by several names.
                Outputs = [.. draft.Wanted.SelectMany(wanted => wanted.Outputs(MostBytes)).GroupBy(static output => (output.Path, output.To)).Select(static same => same.MaxBy(static output => output.MaxSizeBytes)!)],
                Limits = CommandLimits.Of(form, settings, captured),
                OnOutputLimit = OutputLimitAction.Truncate,
                Cpuset = string.IsNullOrEmpty(form.CpuSetLimit) ? null : form.CpuSetLimit,
            },
        };
    }

    /// <summary>The bytes of a file that is one; null where it names one of this machine that is not there, with the reason.</summary>
    /// <exception cref="GoJudgeRefusal">It is of no known kind, or may not be read.</exception>
    public Content? ContentOf(FileForm file, out string reason)
    {
        reason = "";
        if (file.Src is { } path)
        {
            return Source(path, ref reason);
        }

        if (file.Content is { } text)
        {
            return Content.Text(text);
        }

        var id = file.FileId ?? throw GoJudgeRefusal.NoFile("a file has none of src, content, fileId, name with max, symlink, streamIn and streamOut that could be used where it stands");
        return Content.Stored((kept.Find(tenant, id) ?? throw GoJudgeRefusal.CannotRun($"there is no file with the id {DisplayText.Quote(id)}")).Sha256);
    }

    private FileContent? Source(string path, ref string reason)
    {
        try
        {
            using var found = path.StartsWith('/') ? settings.Allowed.Find(path, PathUse.File) : null;
            return found is null
                ? throw GoJudgeRefusal.NoFile($"src {DisplayText.Quote(path)} is not below a directory that this server lets jobs read files from (--allow file=DIRECTORY)")
                : (FileContent)Content.File(path);
        }
        catch (IOException unusable)
        {
            reason = unusable.Message;
            return null;
        }
    }

    private void CopyIn(CommandForm form, CommandDraft draft)
    {
        if (form.CopyIn is not { } entries)
        {
            return;
        }

        if (entries.Count > FrontHold.MostFiles)
        {
            throw GoJudgeRefusal.Invalid($"copyIn has more than {FrontHold.MostFiles} files");
        }

        var links = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, file) in entries)
        {
            if (file is null)
            {
                throw GoJudgeRefusal.NoFile($"copyIn: {DisplayText.Quote(name)} is null");
            }

            var isLink = file is { IsInput: false, IsCollector: false, Symlink: not null };
            string reason = "";
            var content = isLink ? null : ContentOf(file, out reason);
            var path = CommandPaths.Of(name);
            if (path is null || !CommandPaths.IsWritable(path))
            {
                draft.AtOnce ??= CommandResult.NotCopiedIn(name, isLink ? "Symlink" : "CopyInCreateFile", "the path is not below /w, /tmp or /dev/shm");
            }
            else if (isLink)
            {
                links[path] = file.Symlink!;
            }
            else if (content is null)
            {
                draft.AtOnce ??= CommandResult.NotCopiedIn(name, "CopyInOpenFile", $"{DisplayText.Quote(file.Src!)}: {reason}");
            }
            else
            {
                draft.Files[path] = content;
            }
        }

        foreach (var (path, target) in links)
        {
            if (draft.Files.ContainsKey(path) || target.Length == 0)
            {
                draft.AtOnce ??= CommandResult.NotCopiedIn(path, "Symlink", target.Length == 0 ? "a link needs something to lead to" : "there is a file of that name");
            }
            else
            {
                draft.Mounts.Add(Mount.Symlink(target, path));
            }
        }
    }

    private static IEnumerable<WantedFile> CopyOut(CommandForm form, CommandDraft draft)
    {
        var (plain, cached) = (form.CopyOut ?? [], form.CopyOutCached ?? []);
        if (plain.Count + cached.Count > FrontHold.MostFiles)
        {
            throw GoJudgeRefusal.Invalid($"copyOut and copyOutCached have more than {FrontHold.MostFiles} files");
        }

        var max = form.CopyOutMax is > 0 and var given ? (long)Math.Min(given, long.MaxValue / 2) : CommandLimits.UsualCopyOut;
        var seen = new HashSet<(string, bool)>();
        foreach (var (entry, isCached) in plain.Select(static name => (name, false)).Concat(cached.Select(static name => (name, true))))
        {
            var (name, isOptional) = NameOf(entry);
            if (draft.Wanted.Exists(wanted => wanted.IsCollector && wanted.Name == name) || !seen.Add((name, isCached)))
            {
                continue;
            }

            if (name.Length > LongestName)
            {
                throw GoJudgeRefusal.Invalid($"copyOut: a name has more than {LongestName} characters");
            }

            yield return new() { Name = name, Path = CommandPaths.Of(name) ?? "", Max = max, IsCached = isCached, IsOptional = isOptional, IsTruncated = form.CopyOutTruncate == true };
        }
    }

    /// <summary>A name to be collected without its question mark, and whether it had one.</summary>
    public static (string Name, bool IsOptional) NameOf(string? entry) => entry is [.., '?'] ? (entry[..^1], true) : (entry ?? "", false);
}

/// <summary>A command's job in the making.</summary>
internal sealed class CommandDraft
{
    public List<Mount> Mounts { get; } = [];

    public Dictionary<string, Content> Files { get; } = new(StringComparer.Ordinal);

    public List<OpenedFile> Opened { get; } = [];

    public List<PipeDescriptor> Pipes { get; } = [];

    public List<WantedFile> Wanted { get; } = [];

    public List<int> Live { get; } = [];

    public Stdin Stdin { get; set; } = Stdin.Null;

    public OutputStream Stdout { get; set; } = OutputStream.Discard;

    public OutputStream Stderr { get; set; } = OutputStream.Discard;

    public CommandResult? AtOnce { get; set; }
}

/// <summary>The end of a pipe that a command is given.</summary>
/// <param name="Pipe">Its name.</param>
/// <param name="Writes">The command writes there.</param>
internal sealed record PipeEnd(string Pipe, bool Writes);
