using System.Text;
using Sandbox.Server.Jobs;
using Sandbox.Server.Queue;
using Sandbox.Server.Settings;
using Sandbox.Server.State;
using Xunit;

namespace Sandbox.Tests.Server;

public sealed class JobRestoreTests : IDisposable
{
    private const string Body = """{ "name": "n", "command": ["a"] }""";

    private readonly TemporaryDirectory _above = new();
    private readonly List<string> _said = [];

    public void Dispose() => _above.Dispose();

    [Fact]
    public async Task What_is_over_is_as_it_was_with_its_key()
    {
        string id;
        byte[] json;
        using (var server = new Server(this))
        {
            var job = server.Table.Take(Request("k")).Job!;
            await job.Result;
            (id, json) = (job.Id, (await job.ResultJsonAsync()).ToArray());
        }

        using var next = new Server(this);
        Assert.Equal((0, 0, 1), next.Restore());
        var again = next.Table.Take(Request("k"));

        Assert.Equal(id, again.Job!.Id);
        Assert.Equal(json, (await again.Job.ResultJsonAsync()).ToArray());
        Assert.Equal(Verdict.ExitCode, (await again.Job.Result).Verdict);
        Assert.True(next.Table.Take(Request("k", Body + " ")).Conflicts);
        Assert.Equal(0, next.Runs);
    }

    [Fact]
    public async Task What_only_its_image_showed_to_be_invalid_stays_so()
    {
        string id;
        using (var server = new Server(this, static _ => throw new InvalidJobException([new() { Pointer = "/rootfs", Message = "is none" }])))
        {
            var job = server.Table.Take(Request("k")).Job!;
            await Assert.ThrowsAsync<InvalidJobException>(() => job.Result);
            id = job.Id;
        }

        using var next = new Server(this);
        next.Restore();

        var invalid = await Assert.ThrowsAsync<InvalidJobException>(() => next.Table.Find("me", id)!.Result);
        Assert.Equal(("/rootfs", "is none"), (invalid.Problems[0].Pointer, invalid.Problems[0].Message));
    }

    // The server is gone without a word: nothing more is written of its jobs.
    [Fact]
    public async Task What_never_started_runs_and_what_ran_is_lost_and_both_once()
    {
        string running, waiting;
        using (var server = new Server(this, static _ => new TaskCompletionSource<DocumentResult>().Task))
        {
            running = await Accepted(server.Table.Take(Request("r")));
            SpinWait.SpinUntil(() => File.Exists($"{server.Path}/jobs/{running}.started"));
            waiting = await Accepted(server.Table.Take(Request("w")));
        }

        using (var next = new Server(this))
        {
            Assert.Equal((1, 1, 0), next.Restore());
            var lost = await next.Table.Find("me", running)!.Result;

            Assert.Equal((Verdict.InternalError, "the server ended while the job ran"), (lost.Verdict, lost.Message));
            Assert.Contains("\"verdict\":\"internal-error\"", Encoding.UTF8.GetString((await next.Table.Find("me", running)!.ResultJsonAsync()).Span), StringComparison.Ordinal);
            Assert.Equal(Verdict.ExitCode, (await next.Table.Find("me", waiting)!.Result).Verdict);
            Assert.Equal(waiting, next.Table.Take(Request("w")).Job!.Id);
            Assert.Equal(1, next.Runs);
        }

        using var third = new Server(this);
        Assert.Equal((0, 0, 2), third.Restore());
    }

    [Fact]
    public async Task At_a_drain_what_waits_is_left_to_the_next_server()
    {
        string waiting;
        var end = new TaskCompletionSource<DocumentResult>();
        using (var server = new Server(this, _ => end.Task))
        {
            server.Table.Take(Request("r"));
            SpinWait.SpinUntil(() => server.Runs == 1);
            var left = server.Table.Take(Request("w")).Job!;
            waiting = await Accepted(new(left, null, false));

            var drain = server.Table.DrainAsync(TimeSpan.FromMinutes(1));
            await Assert.ThrowsAsync<JobPostponedException>(() => left.Result);
            end.SetResult(Server.Result());
            await drain;
        }

        using var next = new Server(this);
        Assert.Equal((1, 0, 1), next.Restore());
        Assert.Equal(Verdict.ExitCode, (await next.Table.Find("me", waiting)!.Result).Verdict);
    }

    [Fact]
    public async Task What_the_next_server_does_not_take_any_more_says_so()
    {
        string id, late;
        using (var server = new Server(this, static _ => new TaskCompletionSource<DocumentResult>().Task))
        {
            server.Table.Take(Request("r"));
            SpinWait.SpinUntil(() => server.Runs == 1);
            id = await Accepted(server.Table.Take(Request("w", """{ "command": ["a"], "limits": { "memory": "1GiB" } }""")));
            late = await Accepted(server.Table.Take(Request("l") with { Queue = new() { StartBefore = TimeSpan.FromMilliseconds(50) } }));
        }

        await Task.Delay(60, TestContext.Current.CancellationToken);
        using var next = new Server(this);
        next.Restore(new() { Queue = new() { Slots = 1, MemoryBytes = 1 << 29 } });

        Assert.Contains("its memory limit is above", (await next.Table.Find("me", id)!.Result).Message, StringComparison.Ordinal);
        Assert.Contains("its time to start passed", (await next.Table.Find("me", late)!.Result).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_cannot_be_written_is_not_taken_and_does_not_run()
    {
        using var server = new Server(this);
        Directory.Move(server.Path + "/jobs", server.Path + "/away");

        var job = server.Table.Take(Request("k")).Job!;
        var accepted = await job.Accepted;
        Directory.Move(server.Path + "/away", server.Path + "/jobs");
        await server.Table.Take(Request("k", "other")).Job!.Result;

        Assert.False(accepted);
        Assert.Null(server.Table.Find("me", job.Id));
        Assert.Equal(1, server.Runs);
        Assert.Equal((0, 0), (server.Queue.Running, server.Queue.Waiting));
    }

    [Fact]
    public async Task Results_that_are_not_kept_any_more_are_not_on_the_disk()
    {
        using (var server = new Server(this, retention: new() { Count = 1 }))
        {
            await server.Table.Take(Request("a")).Job!.Result;
            await server.Table.Take(Request("b")).Job!.Result;
            await server.Table.Take(Request(null) with { IsDurable = false }).Job!.Result;
            Assert.Empty(Directory.GetFiles(server.Path + "/jobs"));
            await server.Table.Take(Request("c")).Job!.Result;
            await server.Table.Take(Request("d")).Job!.Result;
        }

        using var next = new Server(this, retention: new() { Age = TimeSpan.Zero });
        Assert.Equal((0, 0, 1), next.Restore());
        Assert.Null(next.Table.Find("me", "any"));
        Assert.Empty(Directory.GetFiles(next.Path + "/jobs"));
    }

    private static async Task<string> Accepted(Acceptance taken)
    {
        Assert.True(await taken.Job!.Accepted);
        return taken.Job.Id;
    }

    private static JobRequest Request(string? key, string body = Body) => new()
    {
        Owner = "me",
        Spec = new JobSpec() { Name = "n", Command = ["a"] },
        Held = null,
        Queue = new(),
        Key = key,
        IsDurable = true,
        Body = Encoding.UTF8.GetBytes(body),
    };

    private sealed class Server : IDisposable
    {
        private readonly StateDirectory _state;
        private int _runs;

        public Server(JobRestoreTests test, Func<JobDocument, Task<DocumentResult>>? run = null, RetentionOptions? retention = null)
        {
            Path = test._above.Path + "/state";
            _state = StateDirectory.Open(Path, test._said.Add, TimeProvider.System, new DiskFlush().WaitAsync);
            Queue = new(new() { Slots = 1, MaxWaiting = 2 }, TimeProvider.System);
            Table = new(Queue, (_, job) =>
            {
                Interlocked.Increment(ref _runs);
                return run?.Invoke(job) ?? Task.FromResult<DocumentResult>(Result());
            }, retention ?? new(), TimeProvider.System, _state);
        }

        public string Path { get; }

        public JobQueue Queue { get; }

        public JobTable Table { get; }

        public int Runs => Volatile.Read(ref _runs);

        public static JobResult Result() => JobResult.CancelledBeforeStart("n", "") with { Verdict = Verdict.ExitCode };

        public (int Resumed, int Lost, int Over) Restore(ServerSettings? settings = null) => new JobRestore(Table, _state, settings ?? new(), TimeProvider.System).Run();

        // As if it were killed: what waits is let go of, and nothing is written of it.
        public void Dispose()
        {
            Queue.Dispose();
            _state.Dispose();
        }
    }
}
