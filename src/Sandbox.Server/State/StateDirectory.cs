using Sandbox.Running;

namespace Sandbox.Server.State;

// One file for each job, which its name says the state of: ID.queued with the request, renamed to ID.started before the job starts, and ID.done with the result,
// which is written as ID.new first. So no step needs another to be undone: of two whole files of one job the later state counts, and what a state replaces is removed
// only when that state is on the disk (fsync(2)), so that a crash of the machine loses no job either.

/// <summary>The directory in which a server keeps its jobs over its own end; nobody else's, and one server's at a time. Safe for use from many threads.</summary>
internal sealed class StateDirectory : IDisposable
{
    private const string Queued = ".queued";
    private const string Started = ".started";
    private const string Done = ".done";
    private const string Unfinished = ".new";
    private const UnixFileMode OnlyUser = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private static readonly TimeSpan s_beforeRetry = TimeSpan.FromSeconds(1);

    private readonly string _jobs;
    private readonly FileStream _lock;
    private readonly Action<string> _say;
    private readonly Lock _owedLock = new();
    private readonly Dictionary<string, byte[]> _owed = [];
    private readonly ITimer _retry;
    private readonly Func<string, Task>? _onDisk;
    private bool _isDisposed;

    private StateDirectory(string path, FileStream held, Action<string> say, TimeProvider time, Func<string, Task>? onDisk)
    {
        (Path, _jobs, _lock, _say) = (path, path + "/jobs", held, say);
        _onDisk = onDisk;
        _retry = time.CreateTimer(static state => ((StateDirectory)state!).WriteOwed(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Where it is.</summary>
    public string Path { get; }

    /// <summary>There are results that it does not take: it takes no more jobs either.</summary>
    public bool IsFull
    {
        get
        {
            lock (_owedLock)
            {
                return _owed.Count > 0;
            }
        }
    }

    /// <summary>Opens it; makes it if it is missing.</summary>
    /// <param name="path">Absolute path.</param>
    /// <param name="say">Takes a line for whoever runs the server.</param>
    /// <param name="time">The clock.</param>
    /// <param name="onDisk">
    /// Waits until the file of a path is on the disk, or fails with an <see cref="IOException"/>: what was taken survives a crash of the machine then. Null waits
    /// for nothing: it survives the end of the process only.
    /// </param>
    /// <exception cref="IOException">It cannot be made, is not this user's alone, or another server has it.</exception>
    public static StateDirectory Open(string path, Action<string> say, TimeProvider time, Func<string, Task>? onDisk)
    {
        path = path.TrimEnd('/');
        try
        {
            foreach (var directory in new[] { path, path + "/jobs" })
            {
                Directory.CreateDirectory(directory, OnlyUser | UnixFileMode.UserExecute);
                if (PathStatus.Of(directory) is not { IsPrivateDirectory: true })
                {
                    throw new IOException($"{DisplayText.Quote(directory)} is not a directory of this user alone (mode 0700)");
                }
            }
        }
        catch (UnauthorizedAccessException refused)
        {
            throw new IOException(refused.Message, refused);
        }

        try
        {
            // Held until the process ends, however it does (flock(2)).
            var held = new FileStream(path + "/lock", new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.None, UnixCreateMode = OnlyUser });
            return new(path, held, say, time, onDisk);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"another server has {DisplayText.Quote(path)}, or it cannot be written: {failure.Message}", failure);
        }
    }

    /// <summary>Writes a job that was taken; it is not lost from then on.</summary>
    /// <exception cref="IOException">There is no room, or the directory cannot be written.</exception>
    public async Task AcceptAsync(JobRecord record, ReadOnlyMemory<byte> request)
    {
        Write(record.Id, Queued, RecordText.Encode(record, request.Span));
        try
        {
            await OnDiskAsync(record.Id + Queued).ConfigureAwait(false);
        }
        catch (IOException)
        {
            Remove(record.Id + Queued);
            throw;
        }
    }

    /// <summary>Notes that a job is about to start: it is not started again after this.</summary>
    /// <exception cref="IOException">It cannot be noted.</exception>
    public Task StartAsync(string id)
    {
        Move(id + Queued, id + Started);
        return OnDiskAsync(id + Started);
    }

    /// <summary>A job that was about to start did not: the next server starts it.</summary>
    public void Postpone(string id)
    {
        if (File.Exists($"{_jobs}/{id}{Started}"))
        {
            try
            {
                Move(id + Started, id + Queued);
            }
            catch (IOException failure)
            {
                _say($"{DisplayText.Quote(id)} in {DisplayText.Quote(_jobs)} cannot be left to the next server: {failure.Message}");
            }
        }
    }

    /// <summary>A job that was written is not taken after all.</summary>
    public void Withdraw(string id) => Remove(id + Queued);

    /// <summary>Writes the end of a job in place of its request; tries again until there is room for it.</summary>
    public async Task FinishAsync(JobRecord record, ReadOnlyMemory<byte> result)
    {
        var text = RecordText.Encode(record, result.Span);
        try
        {
            lock (_owedLock)
            {
                if (_owed.Count > 0)
                {
                    _owed.Add(record.Id, text);
                    return;
                }
            }

            Replace(record.Id, text);
            await OnDiskAsync(record.Id + Done).ConfigureAwait(false);
            RemoveRequest(record.Id);
        }
        catch (IOException failure)
        {
            lock (_owedLock)
            {
                if (_owed.Count == 0)
                {
                    _say($"{DisplayText.Quote(Path)} takes no more, and so jobs that are to outlive the server are refused; results are kept in memory and written later: {failure.Message}");
                }

                _owed.Add(record.Id, text);
                RetryLater();
            }
        }
    }

    /// <summary>Removes all there is of a job.</summary>
    public void Forget(string id)
    {
        bool isOwed;
        lock (_owedLock)
        {
            isOwed = _owed.Remove(id);
        }

        foreach (var state in isOwed ? [Started, Queued] : new[] { Done })
        {
            Remove(id + state);
        }
    }

    /// <summary>The result of a job that is over.</summary>
    /// <exception cref="IOException">It is not there any more, or is damaged.</exception>
    public ReadOnlyMemory<byte> ReadResult(string id) =>
        Read(id + Done) is { } found ? found.Content : throw new IOException("the record of the job's result is damaged");

    /// <summary>Every job that there is, in the order in which they were taken. What cannot be read is said, and removed where it never will be.</summary>
    public IReadOnlyList<KeptJob> Load()
    {
        var kept = new Dictionary<string, KeptJob>();
        var files = Directory.GetFiles(_jobs).Select(static file => System.IO.Path.GetFileName(file)!).ToList();
        foreach (var (suffix, state) in new[] { (Done, KeptState.Done), (Started, KeptState.Started), (Queued, KeptState.Queued) })
        {
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

    /// <inheritdoc/>
    public void Dispose()
    {
        WriteOwed();
        lock (_owedLock)
        {
            if (_owed.Count > 0)
            {
                _say($"{_owed.Count} results could not be written to {DisplayText.Quote(Path)}: their jobs are said lost after this");
            }

            _isDisposed = true;
        }

        _retry.Dispose();
        _lock.Dispose();
    }

    private KeptJob? LoadOne(string id, string file, KeptState state)
    {
        try
        {
            if (Read(file) is { } found && found.Record.Id == id && (state == KeptState.Done) == (found.Record.End is not null))
            {
                // Of what is over only the size is of interest here.
                return new(found.Record, state, state == KeptState.Done ? default : found.Content, found.Content.Length);
            }

            _say($"{DisplayText.Quote(file)} in {DisplayText.Quote(_jobs)} is damaged, and was removed: its job is lost");
            Remove(file);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            _say($"{DisplayText.Quote(file)} in {DisplayText.Quote(_jobs)} cannot be read, and was passed over: {unreadable.Message}");
        }

        return null;
    }

    private (JobRecord Record, ReadOnlyMemory<byte> Content)? Read(string file) => RecordText.Decode(File.ReadAllBytes($"{_jobs}/{file}"));

    private Task OnDiskAsync(string file) => _onDisk?.Invoke($"{_jobs}/{file}") ?? Task.CompletedTask;

    private void Replace(string id, byte[] text)
    {
        Write(id, Unfinished, text);
        Move(id + Unfinished, id + Done);
    }

    private void RemoveRequest(string id)
    {
        Remove(id + Started);
        Remove(id + Queued);
    }

    private void Write(string id, string state, byte[] text)
    {
        var file = $"{_jobs}/{id}{state}";
        try
        {
            // Unlocked (FileShare.ReadWrite) and unbuffered: one write.
            using var stream = new FileStream(file, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, Share = FileShare.ReadWrite, BufferSize = 0, UnixCreateMode = OnlyUser });
            stream.Write(text);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Remove(id + state);
            throw failure as IOException ?? new IOException(failure.Message, failure);
        }
    }

    private void Move(string from, string to)
    {
        try
        {
            File.Move($"{_jobs}/{from}", $"{_jobs}/{to}", overwrite: true);
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
            File.Delete($"{_jobs}/{file}");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            _say($"{DisplayText.Quote(file)} in {DisplayText.Quote(_jobs)} cannot be removed: {failure.Message}");
        }
    }

    private void WriteOwed()
    {
        lock (_owedLock)
        {
            if (_isDisposed || _owed.Count == 0)
            {
                return;
            }

            var written = new List<string>();
            try
            {
                foreach (var (id, text) in _owed)
                {
                    Replace(id, text);
                    written.Add(id);
                }
            }
            catch (IOException)
            {
                // There is room for some: the rest is tried again.
            }

            foreach (var id in OnDisk(written))
            {
                RemoveRequest(id);
                _owed.Remove(id);
            }

            if (_owed.Count > 0)
            {
                RetryLater();
                return;
            }

            _say($"{DisplayText.Quote(Path)} has every result again");
        }
    }

    // For all of them at once: whoever takes a job waits for this lock.
    private List<string> OnDisk(List<string> written)
    {
        var waits = written.ConvertAll(id => (Id: id, Wait: OnDiskAsync(id + Done)));
        try
        {
            Task.WhenAll(waits.Select(static one => one.Wait)).GetAwaiter().GetResult();
        }
        catch (IOException)
        {
            // Each tells of its own.
        }

        return [.. waits.Where(static one => one.Wait.IsCompletedSuccessfully).Select(static one => one.Id)];
    }

    private void RetryLater()
    {
        if (!_isDisposed)
        {
            _retry.Change(s_beforeRetry, Timeout.InfiniteTimeSpan);
        }
    }
}

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
