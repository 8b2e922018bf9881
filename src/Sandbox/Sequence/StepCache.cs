using System.Text;
using Sandbox.Hashing;
using Sandbox.Images;
using Sandbox.Store;

namespace Sandbox.Sequence;

/// <summary>Results of steps that were ok, for steps that are the same in everything: in the tenant's store, beside the files that they kept.</summary>
/// <remarks>An entry names files by their digests. If one of them has made room for others since, the entry counts for nothing and is removed.</remarks>
/// <param name="store">The store.</param>
/// <param name="images">The images that jobs may run in.</param>
internal sealed class StepCache(StoredFiles store, Func<UnpackedImages> images)
{
    private const int MostEntries = 4096;
    private const int MostCaptured = 1 << 20;
    private const UnixFileMode OnlyUser = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private string Entries => store.Location + "/steps";

    /// <summary>What the result of a step depends on, now.</summary>
    /// <exception cref="SandboxException">That cannot be known.</exception>
    public StepCacheKey KeyOf(JobStep step, JobSpec spec, CancellationToken cancellationToken) => StepCacheKey.Of(step, spec, store.Location, images(), cancellationToken);

    /// <summary>The result of a step that was the same; null if there is none, or a file that it kept is gone.</summary>
    public StepResult? Find(JobStep step, JobSpec spec, StepCacheKey key, CancellationToken cancellationToken)
    {
        var path = $"{Entries}/{key.Key}";
        if (Read(path) is not { } entry)
        {
            return null;
        }

        try
        {
            foreach (var digest in entry.Kept.Values)
            {
                // Used now, so that it does not go before the next step has it.
                store.OpenRead(digest, cancellationToken).Dispose();
            }

            File.SetLastWriteTimeUtc(path, DateTime.UtcNow);
        }
        catch (Exception gone) when (gone is SandboxException or IOException or UnauthorizedAccessException)
        {
            Remove(path);
            return null;
        }

        return new StepResult
        {
            Name = step.Name,
            Verdict = Verdict.Ok,
            Message = entry.Result.Message,
            Cached = true,
            Kept = entry.Kept,
            Result = entry.Result with { Name = spec.Name },
        };
    }

    /// <summary>Remembers a step that was ok and kept these files; returns why not, or null.</summary>
    public string? Keep(StepCacheKey key, JobResult result, IReadOnlyDictionary<string, string> kept)
    {
        if (result.CapturedBytes() > MostCaptured)
        {
            return "what it wrote is too much to be kept";
        }

        try
        {
            using (StoreLocation.Create(store.Location))
            {
                Directory.CreateDirectory(Entries, OnlyUser | UnixFileMode.UserExecute);
            }

            MakeRoom();
            var text = StepCacheEntry.Encode(result, kept);
            var passing = $"{Entries}/{Guid.NewGuid():n}.new";
            using (var file = new FileStream(passing, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0, UnixCreateMode = OnlyUser }))
            {
                file.Write([.. Encoding.ASCII.GetBytes(ContentDigest.Of(text)), .. text]);
            }

            File.Move(passing, $"{Entries}/{key.Key}", overwrite: true);
            return null;
        }
        catch (Exception failure) when (failure is SandboxException or IOException or UnauthorizedAccessException)
        {
            return failure.Message;
        }
    }

    // Whatever is not whole is none: a process may have been killed, or a disk been full, while it was written.
    private static StepCacheEntry? Read(string path)
    {
        const int DigestLength = 64;
        try
        {
            var text = File.ReadAllBytes(path);
            return text.Length > DigestLength && Encoding.ASCII.GetString(text, 0, DigestLength) == ContentDigest.Of(text.AsSpan(DigestLength))
                ? StepCacheEntry.Decode(text.AsMemory(DigestLength))
                : null;
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    // The half that was used longest ago, so that it is not done each time.
    private void MakeRoom()
    {
        var entries = new DirectoryInfo(Entries).GetFiles();
        if (entries.Length < MostEntries)
        {
            return;
        }

        foreach (var old in entries.OrderBy(static entry => entry.LastWriteTimeUtc).Take(entries.Length - (MostEntries / 2)))
        {
            Remove(old.FullName);
        }
    }

    private static void Remove(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // It stays of no use, and is found again.
        }
    }
}

/// <summary>What is remembered of a step.</summary>
/// <param name="Result">The result of its job: what it wrote and used. What held its limits is not remembered.</param>
/// <param name="Kept">The files that it kept.</param>
internal sealed record StepCacheEntry(JobResult Result, IReadOnlyDictionary<string, string> Kept)
{
    /// <summary>As bytes.</summary>
    public static byte[] Encode(JobResult result, IReadOnlyDictionary<string, string> kept)
    {
        using var bytes = new MemoryStream();
        using var to = new BinaryWriter(bytes);
        to.Write(result.Message);
        to.Write(kept.Count);
        foreach (var (name, digest) in kept)
        {
            to.Write(name);
            to.Write(digest);
        }

        foreach (var time in new[] { result.Time.Cpu, result.Time.User, result.Time.System, result.Time.Wall })
        {
            to.Write(time.Ticks);
        }

        to.Write(result.Memory.PeakBytes);
        to.Write(result.Memory.Sampled);
        Write(to, result.Stdout);
        Write(to, result.Stderr);
        to.Flush();
        return bytes.ToArray();
    }

    /// <summary>Of bytes that are known to be whole.</summary>
    public static StepCacheEntry Decode(ReadOnlyMemory<byte> text)
    {
        using var from = new BinaryReader(new MemoryStream(text.ToArray()));
        var message = from.ReadString();
        var kept = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var left = from.ReadInt32(); left > 0; left--)
        {
            kept.Add(from.ReadString(), from.ReadString());
        }

        var result = new JobResult
        {
            Verdict = Verdict.Ok,
            Message = message,
            ExitCode = 0,
            Time = new() { Cpu = ReadTime(from), User = ReadTime(from), System = ReadTime(from), Wall = ReadTime(from) },
            Memory = new() { PeakBytes = from.ReadInt64(), Sampled = from.ReadBoolean() },
            Stdout = ReadStream(from),
            Stderr = ReadStream(from),
        };
        return new(result, kept);
    }

    private static void Write(BinaryWriter to, StreamResult stream)
    {
        to.Write(stream.Bytes);
        to.Write(stream.Truncated);
        to.Write(stream.Content?.Length ?? -1);
        to.Write((stream.Content ?? default).Span);
    }

    private static StreamResult ReadStream(BinaryReader from)
    {
        var (bytes, isTruncated, length) = (from.ReadInt64(), from.ReadBoolean(), from.ReadInt32());
        return new() { Bytes = bytes, Truncated = isTruncated, Content = length < 0 ? null : new ReadOnlyMemory<byte>(from.ReadBytes(length)) };
    }

    private static TimeSpan ReadTime(BinaryReader from) => TimeSpan.FromTicks(from.ReadInt64());
}
