using Sandbox.Server.Fronts.Judge0;
using Sandbox.Server.Jobs;
using Sandbox.Server.Settings;
using Xunit;

namespace Sandbox.Tests.Server.Fronts;

public sealed class SubmissionStoreTests : IDisposable
{
    private readonly TemporaryDirectory _above = new();
    private readonly List<string> _said = [];

    private string State => _above.Path + "/state";

    public void Dispose() => _above.Dispose();

    [Fact]
    public async Task What_is_over_waits_or_ran_is_known_to_the_next_server()
    {
        using (var store = Open())
        {
            var kept = (await store.AddAsync("t", [Asked("a"), Asked("b"), Asked("c"), Asked("d")], 10, 10))!;
            await store.StartAsync(kept[0]);
            await store.EndAsync(kept[0], Over(kept[0]));
            await store.StartAsync(kept[1]);
            await store.StartAsync(kept[2]);
            Assert.True(store.Postpone(kept[2]));
        }

        using var next = Open();
        Assert.Equal(["c", "d"], next.TakeWaiting().Select(static kept => kept.Token).Order());
        Assert.Empty(next.TakeWaiting());
        Assert.Equal(2, next.Unfinished);
        var over = next.Read(next.Find("t", "a")!)!;
        Assert.Equal((Judge0Status.Accepted, "out"), (over.Status, System.Text.Encoding.UTF8.GetString(over.Stdout!)));
        var lost = next.Read(next.Find("t", "b")!)!;
        Assert.Equal((Judge0Status.InternalError, "the server ended while the submission ran"), (lost.Status, lost.Message));
        Assert.Empty(_said);
    }

    [Fact]
    public async Task A_callback_that_was_not_made_is_the_next_servers()
    {
        using (var store = Open())
        {
            var kept = (await store.AddAsync("t", [Called("told"), Called("untold"), Called("ran"), Asked("silent")], 10, 10))!;
            await store.EndAsync(kept[0], Over(kept[0]));
            await store.ToldAsync(kept[0], kept[0].Submission!);
            await store.EndAsync(kept[1], Over(kept[1]));
            await store.StartAsync(kept[2]);
            await store.EndAsync(kept[3], Over(kept[3]));
        }

        using (var next = Open())
        {
            var untold = next.TakeUntold();
            Assert.Equal(["ran", "untold"], untold.Select(static kept => kept.Token).Order());
            Assert.Empty(next.TakeUntold());
            var ended = next.Read(untold.Single(static kept => kept.Token == "untold"))!;
            Assert.Equal((Judge0Status.Accepted, "http://localhost/"), (ended.Status, ended.CallbackUrl));
            foreach (var kept in untold)
            {
                await next.ToldAsync(kept, next.Read(kept)!);
            }
        }

        using var last = Open();
        Assert.Empty(last.TakeUntold());
        Assert.Equal(4, last.List("t").Count);
        Assert.Empty(_said);
    }

    [Fact]
    public async Task What_was_forgotten_meanwhile_does_not_come_back()
    {
        using (var store = Open())
        {
            var kept = Assert.Single((await store.AddAsync("t", [Called("a")], 10, 10))!);
            await store.EndAsync(kept, Over(kept));
            store.Delete(kept);
            await store.ToldAsync(kept, Over(kept));
        }

        using var next = Open();
        Assert.Empty(next.List("t"));
    }

    private static Submission Called(string token) => Asked(token) with { CallbackUrl = "http://localhost/" };

    [Fact]
    public async Task Without_a_state_directory_nothing_is_left_to_the_next_server()
    {
        using var store = new SubmissionStore(new(), _said.Add, TimeProvider.System);
        var kept = Assert.Single((await store.AddAsync("t", [Asked("a")], 10, 10))!);

        Assert.False(store.Postpone(kept));
    }

    [Fact]
    public async Task Another_tenants_submission_is_not_there()
    {
        using var store = Open();
        await store.AddAsync("t", [Asked("a")], 10, 10);

        Assert.NotNull(store.Find("t", "a"));
        Assert.Null(store.Find("u", "a"));
        Assert.Empty(store.List("u"));
    }

    [Fact]
    public async Task Those_that_are_not_over_are_bounded_in_number_by_tenant_and_in_size()
    {
        using var store = Open(new() { Retention = new() { Bytes = 100_000 } });

        Assert.NotNull(await store.AddAsync("t", [Asked("a"), Asked("b")], 4, 2));
        Assert.Null(await store.AddAsync("t", [Asked("c")], 4, 2));
        Assert.Null(await store.AddAsync("u", [Asked("d"), Asked("e"), Asked("f")], 4, 4));
        Assert.Null(await store.AddAsync("u", [Asked("g") with { Stdin = new byte[100_000] }], 4, 4));
        Assert.NotNull(await store.AddAsync("u", [Asked("h"), Asked("i")], 4, 4));
        Assert.Equal(4, store.Unfinished);
    }

    [Fact]
    public async Task Those_that_are_over_go_by_number_size_and_age_the_oldest_first()
    {
        using (var store = Open(new() { Retention = new() { Count = 2 } }))
        {
            await EndAsync(store, "a", "b", "c");
            Assert.Equal(["c", "b"], store.List("t").Select(static kept => kept.Token));
        }

        using (var next = Open(new() { Retention = new() { Bytes = 5000 } }))
        {
            await EndAsync(next, "d");
            Assert.Equal(["d", "c"], next.List("t").Select(static kept => kept.Token));
        }

        using var last = Open(new() { SubmissionAge = TimeSpan.Zero });
        Assert.Empty(last.List("t"));
        Assert.Empty(Directory.GetFiles(State + "/judge0/jobs"));
    }

    [Fact]
    public async Task What_is_deleted_is_gone_for_the_next_server_too()
    {
        using (var store = Open())
        {
            await EndAsync(store, "a", "b");
            store.Delete(store.Find("t", "a")!);
            Assert.Equal(["b"], store.List("t").Select(static kept => kept.Token));
        }

        using var next = Open();
        Assert.Equal(["b"], next.List("t").Select(static kept => kept.Token));
    }

    private static Submission Asked(string token) => JudgedRunTests.Asked(token);

    private static Submission Over(KeptSubmission kept) => kept.Submission! with { Status = Judge0Status.Accepted, Stdout = "out"u8.ToArray(), FinishedAt = TimeProvider.System.GetUtcNow() };

    private static async Task EndAsync(SubmissionStore store, params string[] tokens)
    {
        foreach (var kept in (await store.AddAsync("t", [.. tokens.Select(Asked)], 10, 10))!)
        {
            await store.EndAsync(kept, Over(kept));
        }
    }

    private SubmissionStore Open(ServerSettings? settings = null) => new((settings ?? new()) with { State = State }, _said.Add, TimeProvider.System);
}
