using Sandbox.Running;

namespace Sandbox.Server.State;

// One file for each job, which its name says the state of: ID.queued with the request, renamed to ID.started before the job starts, and ID.done with the result,
// which is written as ID.new first. So no step needs another to be undone: of two whole files of one job the later state counts, and what a state replaces is removed
// only when that state is on the disk (fsync(2)), so that a crash of the machine loses no job either.

/// <summary>How far a job had come.</summary>
internal enum KeptState
{
    /// <summary>It was not started.</summary>
    Queued,

    /// <summary>It was about to start, or ran.</summary>
    Started,

    /// <summary>It is over.</summary>
    Done,
}

/// <summary>A job of a server that is gone.</summary>
/// <param name="Record">What was written of it.</param>
/// <param name="State">How far it had come.</param>
/// <param name="Request">Its request; empty if it is over.</param>
/// <param name="Bytes">The size of that, or of its result.</param>
internal sealed record KeptJob(JobRecord Record, KeptState State, ReadOnlyMemory<byte> Request, long Bytes);

/// <summary>The files of a <see cref="StateDirectory"/>: one for each job.</summary>
/// <param name="directory">Where they are; nobody else's.</param>
/// <param name="say">Takes a line for whoever runs the server.</param>
/// <param name="onDisk">Waits until the file of a path is on the disk, or fails with an <see cref="IOException"/>; null waits for nothing.</param>
internal sealed class JobFiles(string directory, Action<string> say, Func<string, Task>? onDisk)
{
    private const string Unfinished = ".new";

    /// <summary>Writes a file that was not there; what cannot be written whole is removed again.</summary>
    /// <exception cref="IOException">There is no room, or the directory cannot be written.</exception>
    public void Write(string id, KeptState state, byte[] text) => Write(id + Suffix(state), text);

    /// <summary>Writes a file whole, in place of one that may be there.</summary>
    /// <exception cref="IOException">There is no room, or the directory cannot be written.</exception>
    public void Replace(string id, KeptState state, byte[] text)
    {
        Write(id + Unfinished, text);
        Move(id + Unfinished, id + Suffix(state));
    }

    /// <summary>Notes that a job has come from one state to another.</summary>
    /// <exception cref="IOException">It is not there, or the directory cannot be written.</exception>
    public void Move(string id, KeptState from, KeptState to) => Move(id + Suffix(from), id + Suffix(to));

    /// <summary>Waits until what was written is on the disk.</summary>
    /// <exception cref="IOException">It cannot be had there.</exception>
    public Task OnDiskAsync(string id, KeptState state) => onDisk?.Invoke($"{directory}/{id}{Suffix(state)}") ?? Task.CompletedTask;

    /// <summary>The job is in that state, or was.</summary>
    public bool Exists(string id, KeptState state) => File.Exists($"{directory}/{id}{Suffix(state)}");

    /// <summary>Removes the files of those states, as far as they are there. What cannot be removed is said.</summary>
    public void Remove(string id, params ReadOnlySpan<KeptState> states)
    {
        foreach (var state in states)
        {
            Remove(id + Suffix(state));
        }
    }

    /// <summary>What a file has; null if it is damaged.</summary>
    /// <exception cref="IOException">It is not there, or cannot be read.</exception>
    public (JobRecord Record, ReadOnlyMemory<byte> Content)? Read(string id, KeptState state) => Read(id + Suffix(state));

    /// <summary>Every job that there is, in the order in which they were taken. What cannot be read is said, and removed where it never will be.</summary>
    public IReadOnlyList<KeptJob> Load()
    {
        var kept = new Dictionary<string, KeptJob>();
        var files = Directory.GetFiles(directory).Select(static file => Path.GetFileName(file)!).ToList();
        foreach (var state in new[] { KeptState.Done, KeptState.Started, KeptState.Queued })
        {
            var suffix = Suffix(state);
            foreach (var file in files.Where(file => file.EndsWith(suffix, StringComparison.Ordinal)))
            {
                var id = file[..^suffix.Length];
                if (kept.ContainsKey(id))
                {
                    Remove(file);
                }
                else if (LoadOne(id, file, state) is { } job)
                {
                    kept.Add(id, job);
                }
            }
        }

        files.Where(static file => file.EndsWith(Unfinished, StringComparison.Ordinal)).ToList().ForEach(Remove);
        return [.. kept.Values.OrderBy(static job => job.Record.AcceptedAt)];
    }

    private static string Suffix(KeptState state) => state switch
    {
        KeptState.Queued => ".queued",
        KeptState.Started => ".started",
        _ => ".done",
    };

    private KeptJob? LoadOne(string id, string file, KeptState state)
    {
        try
        {
            if (Read(file) is { } found && found.Record.Id == id && (state == KeptState.Done) == (found.Record.End is not null))
            {
                // Of what is over only the size is of interest here.
                return new(found.Record, state, state == KeptState.Done ? default : found.Content, found.Content.Length);
            }

            say($"{DisplayText.Quote(file)} in {DisplayText.Quote(directory)} is damaged, and was removed: its job is lost");
            Remove(file);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            say($"{DisplayText.Quote(file)} in {DisplayText.Quote(directory)} cannot be read, and was passed over: {unreadable.Message}");
        }

        return null;
    }

    private (JobRecord Record, ReadOnlyMemory<byte> Content)? Read(string file) => RecordText.Decode(File.ReadAllBytes($"{directory}/{file}"));

    private void Write(string file, byte[] text)
    {
        try
        {
            // Unlocked (FileShare.ReadWrite) and unbuffered: one write.
            using var stream = new FileStream($"{directory}/{file}", new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, Share = FileShare.ReadWrite, BufferSize = 0, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite });
            stream.Write(text);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Remove(file);
            throw failure as IOException ?? new IOException(failure.Message, failure);
        }
    }

    private void Move(string from, string to)
    {
        try
        {
            File.Move($"{directory}/{from}", $"{directory}/{to}", overwrite: true);
        }
        catch (UnauthorizedAccessException failure)
        {
            throw new IOException(failure.Message, failure);
        }
    }

    private void Remove(string file)
    {
        try
        {
            File.Delete($"{directory}/{file}");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            say($"{DisplayText.Quote(file)} in {DisplayText.Quote(directory)} cannot be removed: {failure.Message}");
        }
    }
}
