using Sandbox.Running;

namespace Sandbox.Server.State;

/// <summary>The directory in which a server keeps its jobs over its own end; nobody else's, and one server's at a time. Safe for use from many threads.</summary>
internal sealed class StateDirectory : IDisposable
{
    private const UnixFileMode OnlyUser = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private static readonly TimeSpan s_beforeRetry = TimeSpan.FromSeconds(1);

    private readonly JobFiles _files;
    private readonly FileStream _lock;
    private readonly Action<string> _say;
    private readonly Lock _owedLock = new();
    private readonly Dictionary<string, byte[]> _owed = [];
    private readonly ITimer _retry;
    private bool _isDisposed;

    private StateDirectory(string path, FileStream held, Action<string> say, TimeProvider time, Func<string, Task>? onDisk)
    {
        (Path, _files, _lock, _say) = (path, new(path + "/jobs", say, onDisk), held, say);
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
        _files.Write(record.Id, KeptState.Queued, RecordText.Encode(record, request.Span));
        try
        {
            await _files.OnDiskAsync(record.Id, KeptState.Queued).ConfigureAwait(false);
        }
        catch (IOException)
        {
            _files.Remove(record.Id, KeptState.Queued);
            throw;
        }
    }

    /// <summary>Notes that a job is about to start: it is not started again after this.</summary>
    /// <exception cref="IOException">It cannot be noted.</exception>
    public Task StartAsync(string id)
    {
        _files.Move(id, KeptState.Queued, KeptState.Started);
        return _files.OnDiskAsync(id, KeptState.Started);
    }

    /// <summary>A job that was about to start did not: the next server starts it.</summary>
    public void Postpone(string id)
    {
        if (_files.Exists(id, KeptState.Started))
        {
            try
            {
                _files.Move(id, KeptState.Started, KeptState.Queued);
            }
            catch (IOException failure)
            {
                _say($"{DisplayText.Quote(id)} in {DisplayText.Quote(Path)} cannot be left to the next server: {failure.Message}");
            }
        }
    }

    /// <summary>A job that was written is not taken after all.</summary>
    public void Withdraw(string id) => _files.Remove(id, KeptState.Queued);

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

            _files.Replace(record.Id, KeptState.Done, text);
            await _files.OnDiskAsync(record.Id, KeptState.Done).ConfigureAwait(false);
            _files.Remove(record.Id, KeptState.Started, KeptState.Queued);
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
        lock (_owedLock)
        {
            if (!_owed.Remove(id))
            {
                _files.Remove(id, KeptState.Done);
                return;
            }
        }

        // It may have been written without having come to the disk.
        _files.Remove(id, KeptState.Done, KeptState.Started, KeptState.Queued);
    }

    /// <summary>The result of a job that is over.</summary>
    /// <exception cref="IOException">It is not there any more, or is damaged.</exception>
    public ReadOnlyMemory<byte> ReadResult(string id) =>
        _files.Read(id, KeptState.Done) is { } found ? found.Content : throw new IOException("the record of the job's result is damaged");

    /// <inheritdoc cref="JobFiles.Load"/>
    public IReadOnlyList<KeptJob> Load() => _files.Load();

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
                    _files.Replace(id, KeptState.Done, text);
                    written.Add(id);
                }
            }
            catch (IOException)
            {
                // There is room for some: the rest is tried again.
            }

            foreach (var id in OnDisk(written))
            {
                _files.Remove(id, KeptState.Started, KeptState.Queued);
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
        var waits = written.ConvertAll(id => (Id: id, Wait: _files.OnDiskAsync(id, KeptState.Done)));
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
