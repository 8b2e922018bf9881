using System.Text;
using Sandbox.Server.State;
using Xunit;

namespace Sandbox.Tests.Server;

public sealed class StateDirectoryTests : IDisposable
{
    private readonly TemporaryDirectory _above = new();
    private readonly HandSetClock _clock = new();
    private readonly List<string> _said = [];

    private string Path => _above.Path + "/state";

    private string Jobs => Path + "/jobs";

    public void Dispose() => _above.Dispose();

    [Fact]
    public async Task A_job_comes_back_with_its_request_its_start_and_its_result()
    {
        using (var state = Open())
        {
            await state.AcceptAsync(Record("a", 1), "request a"u8.ToArray());
            await state.AcceptAsync(Record("b", 0), "request b"u8.ToArray());
            await state.StartAsync("b");
            await state.AcceptAsync(Record("c", 2), "request c"u8.ToArray());
            await state.StartAsync("c");
            await state.FinishAsync(Ended("c", 2), "result c"u8.ToArray());
        }

        using var next = Open();
        var jobs = next.Load();

        Assert.Equal([("b", KeptState.Started, "request b"), ("a", KeptState.Queued, "request a"), ("c", KeptState.Done, "")],
            jobs.Select(static job => (job.Record.Id, job.State, Encoding.UTF8.GetString(job.Request.Span))));
        Assert.Equal("result c", Encoding.UTF8.GetString(next.ReadResult("c").Span));
        Assert.Equal((Verdict.ExitCode, "sad \"one\""), (jobs[2].Record.End!.Verdict, jobs[2].Record.End!.Message));
        Assert.Equal(("k/a", "t", -3, true), (jobs[1].Record.Key, jobs[1].Record.Tenant, jobs[1].Record.Priority, jobs[1].Record.StdinIsLive));
        Assert.Empty(_said);
    }

    [Fact]
    public async Task What_is_over_has_no_request_on_the_disk_and_what_is_forgotten_has_nothing()
    {
        using var state = Open();
        await state.AcceptAsync(Record("a", 0), "secret"u8.ToArray());
        await state.StartAsync("a");

        await state.FinishAsync(Ended("a", 0), "result"u8.ToArray());
        var over = Files();
        state.Forget("a");

        Assert.Equal(["a.done"], over.Keys);
        Assert.DoesNotContain("secret", over["a.done"], StringComparison.Ordinal);
        Assert.Empty(Files());
    }

    [Fact]
    public async Task Nobody_else_may_look()
    {
        using var state = Open();
        await state.AcceptAsync(Record("a", 0), "request"u8.ToArray());

        const UnixFileMode file = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        Assert.Equal((file | UnixFileMode.UserExecute, file | UnixFileMode.UserExecute, file), (File.GetUnixFileMode(Path), File.GetUnixFileMode(Jobs), File.GetUnixFileMode(Jobs + "/a.queued")));
    }

    [Fact]
    public void A_directory_that_others_may_enter_is_refused()
    {
        Directory.CreateDirectory(Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.OtherRead);
        Assert.Contains("not a directory of this user alone", Assert.Throws<IOException>(Open).Message, StringComparison.Ordinal);

        Directory.Delete(Path);
        Directory.CreateDirectory(_above.Path + "/elsewhere", UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        File.CreateSymbolicLink(Path, _above.Path + "/elsewhere");
        Assert.Contains("not a directory of this user alone", Assert.Throws<IOException>(Open).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void It_is_one_servers_at_a_time()
    {
        using (Open())
        {
            Assert.Contains("another server has", Assert.Throws<IOException>(Open).Message, StringComparison.Ordinal);
        }

        Open().Dispose();
    }

    // Whatever a killed process or a full disk has left of a record: every length, and every byte another.
    [Fact]
    public void A_record_that_is_not_whole_is_none()
    {
        var text = RecordText.Encode(Record("a", 0), "request"u8);
        for (var length = 0; length < text.Length; length++)
        {
            Assert.Null(RecordText.Decode(text.AsMemory(0, length)));
        }

        for (var at = 0; at < text.Length; at++)
        {
            text[at] ^= 1;
            Assert.Null(RecordText.Decode(text));
            text[at] ^= 1;
        }

        Assert.NotNull(RecordText.Decode(text));
    }

    [Fact]
    public async Task What_is_damaged_is_said_and_removed_and_the_others_are_there()
    {
        using (var state = Open())
        {
            await state.AcceptAsync(Record("a", 0), "request"u8.ToArray());
            await state.AcceptAsync(Record("b", 0), "request"u8.ToArray());
            await state.AcceptAsync(Record("c", 0), "request"u8.ToArray());
        }

        using (var cut = new FileStream(Jobs + "/a.queued", FileMode.Open))
        {
            cut.SetLength(cut.Length / 2);
        }

        File.Move(Jobs + "/b.queued", Jobs + "/x.queued"); // another's name
        File.WriteAllText(Jobs + "/d.new", "half a res");
        using var next = Open();

        Assert.Equal(["c"], next.Load().Select(static job => job.Record.Id));
        Assert.Equal(["c.queued"], Files().Keys);
        Assert.Equal(2, _said.Count(static line => line.Contains("is damaged, and was removed", StringComparison.Ordinal)));
    }

    // Killed between two steps: the later state counts, and the rest of the earlier is removed.
    [Fact]
    public async Task Of_two_files_of_a_job_the_later_state_counts()
    {
        using (var state = Open())
        {
            await state.AcceptAsync(Record("a", 0), "request"u8.ToArray());
            File.Copy(Jobs + "/a.queued", Jobs + "/a.started");
            await state.FinishAsync(Ended("a", 0), "result"u8.ToArray());
            File.WriteAllText(Jobs + "/a.started", "what was left");
        }

        using var next = Open();

        Assert.Equal(KeptState.Done, Assert.Single(next.Load()).State);
        Assert.Equal(["a.done"], Files().Keys);
        Assert.Empty(_said);
    }

    // As a full disk does, for root too: nothing can be written where the directory is not.
    [Fact]
    public async Task A_result_that_cannot_be_written_is_written_when_it_can_and_no_job_is_taken_until_then()
    {
        using var state = Open();
        await state.AcceptAsync(Record("a", 0), "request"u8.ToArray());
        await state.StartAsync("a");
        Directory.Move(Jobs, Path + "/away");

        await Assert.ThrowsAnyAsync<IOException>(() => state.AcceptAsync(Record("b", 0), "request"u8.ToArray()));
        Assert.False(state.IsFull);
        await state.FinishAsync(Ended("a", 0), "result a"u8.ToArray());
        await state.FinishAsync(Ended("c", 0), "result c"u8.ToArray());
        Assert.True(state.IsFull);
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.True(state.IsFull);
        Directory.Move(Path + "/away", Jobs);
        _clock.Advance(TimeSpan.FromSeconds(1));

        Assert.False(state.IsFull);
        Assert.Equal(["a.done", "c.done"], Files().Keys);
        Assert.Contains(_said, static line => line.Contains("takes no more", StringComparison.Ordinal));
        Assert.Contains(_said, static line => line.Contains("has every result again", StringComparison.Ordinal));
    }

    // What a crash of the machine must not undo is told only when it is on the disk, and what it replaces is there until then.
    [Fact]
    public async Task Nothing_is_done_before_it_is_on_the_disk()
    {
        var (asked, disk) = (new List<string>(), new Queue<TaskCompletionSource>());
        using var state = Open(file =>
        {
            asked.Add(System.IO.Path.GetFileName(file));
            disk.Enqueue(new());
            return disk.Last().Task;
        });

        var accepted = state.AcceptAsync(Record("a", 0), "request"u8.ToArray());
        Assert.False(accepted.IsCompleted);
        disk.Dequeue().SetResult();
        await accepted;
        var started = state.StartAsync("a");
        Assert.False(started.IsCompleted);
        disk.Dequeue().SetResult();
        await started;
        var finished = state.FinishAsync(Ended("a", 0), "result"u8.ToArray());
        Assert.False(finished.IsCompleted);
        Assert.Equal(["a.done", "a.started"], Files().Keys);
        disk.Dequeue().SetResult();
        await finished;

        Assert.Equal(["a.done"], Files().Keys);
        Assert.Equal(["a.queued", "a.started", "a.done"], asked);
    }

    [Fact]
    public async Task A_job_that_the_disk_does_not_take_is_refused_and_a_result_is_written_again()
    {
        var fails = true;
        using var state = Open(_ => fails ? Task.FromException(new IOException("no disk")) : Task.CompletedTask);

        await Assert.ThrowsAsync<IOException>(() => state.AcceptAsync(Record("a", 0), "request"u8.ToArray()));
        Assert.Empty(Files());
        await state.FinishAsync(Ended("b", 0), "result"u8.ToArray());
        Assert.True(state.IsFull);
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.True(state.IsFull);
        fails = false;
        _clock.Advance(TimeSpan.FromSeconds(1));

        Assert.False(state.IsFull);
        Assert.Equal(["b.done"], Files().Keys);
    }

    // Half of a result on the disk and the note that its job had started: lost, and said so, not run again.
    [Fact]
    public async Task A_crash_while_a_result_is_written_leaves_the_start()
    {
        using (var state = Open(static file => file.EndsWith(".done", StringComparison.Ordinal) ? new TaskCompletionSource().Task : Task.CompletedTask))
        {
            await state.AcceptAsync(Record("a", 0), "request"u8.ToArray());
            await state.StartAsync("a");
            _ = state.FinishAsync(Ended("a", 0), "result"u8.ToArray());
        }

        File.WriteAllText(Jobs + "/a.done", "half");
        using var next = Open();

        Assert.Equal(KeptState.Started, Assert.Single(next.Load()).State);
    }

    [Fact]
    public async Task The_disk_is_waited_for_on_behalf_of_many_and_each_hears_of_its_own()
    {
        Directory.CreateDirectory(Path);
        var flush = new DiskFlush();
        var files = Enumerable.Range(0, 50).Select(index => $"{Path}/{index}").ToList();
        files.Where(static (_, index) => index % 7 != 3).ToList().ForEach(static file => File.WriteAllText(file, "x"));
        File.CreateSymbolicLink(Path + "/link", "0");

        var waits = files.Append(Path + "/link").ToDictionary(static file => file, flush.WaitAsync);
        await Task.WhenAll(waits.Values.Select(static wait => wait.ContinueWith(static _ => { }, TaskScheduler.Default))).WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);

        Assert.All(waits, static one => Assert.Equal(File.Exists(one.Key) && !one.Key.EndsWith("link", StringComparison.Ordinal), one.Value.IsCompletedSuccessfully));
        Assert.Contains("cannot be brought to the disk: No such file", waits[Path + "/3"].Exception!.InnerException!.Message, StringComparison.Ordinal);
    }

    private StateDirectory Open() => Open(new DiskFlush().WaitAsync);

    private StateDirectory Open(Func<string, Task>? onDisk) => StateDirectory.Open(Path, _said.Add, _clock, onDisk);

    private SortedDictionary<string, string> Files() =>
        new(Directory.GetFiles(Jobs).ToDictionary(static file => System.IO.Path.GetFileName(file), File.ReadAllText), StringComparer.Ordinal);

    private static JobRecord Record(string id, int seconds) => new()
    {
        Id = id,
        AcceptedAt = DateTimeOffset.UnixEpoch.AddSeconds(seconds),
        Key = "k/" + id,
        BodySha256 = RecordText.DigestOf("request"u8),
        Tenant = "t",
        Priority = -3,
        StdinIsLive = true,
        ChangedLimits = ["memory=2 GiB"],
    };

    private static JobRecord Ended(string id, int seconds) =>
        Record(id, seconds) with { End = new() { At = DateTimeOffset.UnixEpoch.AddHours(1), Verdict = Verdict.ExitCode, Message = "sad \"one\"" } };
}
