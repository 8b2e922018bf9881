using Xunit;

namespace Sandbox.KernelTests;

/// <summary>A file of the store is in the job wherever it was asked for, is what its name says, and costs no copy.</summary>
public sealed class StoredFileTests : StoreTest, IDisposable
{
    [KernelFact]
    public async Task A_file_of_the_store_is_at_its_path()
    {
        var job = With(Probe.Job("open_file", "/work/deep/in"), new InjectedFile { Path = "/work/deep/in", Content = Put("stored") });

        var result = await RunStoredAsync(job);

        AssertPrinted("escaped: read /work/deep/in: stored", result);
        Assert.True(result.Isolation!.OwnInodes);
    }

    [KernelFact]
    public async Task A_program_of_the_store_can_be_executed()
    {
        var job = With(Probe.Job("say"), new InjectedFile { Path = "/work/program", Content = PutFile(Path.Combine(Probe.Directory, "say")) });

        AssertPrinted("from the store", await RunStoredAsync(job with { Command = ["/work/program", "from the store"] }));
    }

    [KernelFact]
    public async Task A_file_of_the_store_can_be_mounted()
    {
        var stored = new StoredMount { Sha256 = Put("stored").Sha256, Target = "/data/in" };

        var result = await RunStoredAsync(Probe.Job("open_file", "/data/in") with { Mounts = [Probe.Mount, stored] });

        AssertPrinted("escaped: read /data/in: stored", result);
    }

    [KernelFact]
    public async Task A_stored_program_mounted_noexec_cannot_be_executed()
    {
        var program = new StoredMount { Sha256 = PutFile(Path.Combine(Probe.Directory, "say")).Sha256, Target = "/program", NoExec = true };

        var result = await RunStoredAsync(Probe.Job("say") with { Command = ["/program", "x"], Mounts = [program] });

        AssertVerdict(Verdict.ExecFailed, result);
    }

    [KernelTheory]
    [InlineData(0)]
    [InlineData(4097)]
    [InlineData(20_000_000)]
    public async Task Stdin_from_the_store_arrives_bit_exact(int length)
    {
        var bytes = new byte[length];
        new Random(length).NextBytes(bytes);

        var stored = await RunStoredAsync(Probe.Job("count_stdin") with { Stdin = new ContentStdin { Content = Put(bytes) } });
        var inline = await RunStoredAsync(Probe.Job("count_stdin") with { Stdin = new ContentStdin { Content = new InlineContent { Bytes = bytes } } });

        AssertPrinted(Out(inline).TrimEnd(), stored);
        Assert.StartsWith($"{length} ", Out(stored), StringComparison.Ordinal);
    }

    [KernelFact]
    public async Task A_link_of_the_root_gives_way_to_a_file()
    {
        var job = With(Probe.Tool("cat", "/etc/localtime"), new InjectedFile { Path = "/etc/localtime", Content = Put("stored") });

        AssertPrinted("stored", await RunStoredAsync(job));
    }

    [KernelFact]
    public async Task A_copy_belongs_to_the_job_and_the_store_keeps_the_original()
    {
        var content = Put("original");
        var copy = new InjectedFile { Path = "/work/copy", Content = content, ReadOnly = false, Mode = 0x180 };

        var result = await RunStoredAsync(With(Probe.Job("write_output", "/work/copy", "changed"), copy));

        AssertPrinted("written", result);
        Assert.Equal("original", await File.ReadAllTextAsync(ObjectOf(content), Cancellation));
    }

    [KernelFact]
    public async Task A_thousand_files_of_the_store_are_all_there()
    {
        var contents = Enumerable.Range(0, 20).Select(number => Put($"{number:d4}\n")).ToList();
        InjectedFile[] files = [.. Enumerable.Range(0, 1000).Select(number => new InjectedFile { Path = $"/work/{number % 7}/{number}", Content = contents[number % 20] })];

        var result = await RunStoredAsync(With(Probe.Tool("sh", "-c", "cat /work/*/* | sort | uniq -c | sort -n | head -1"), files));

        AssertPrinted("50 0000", result with { Stdout = result.Stdout with { Content = System.Text.Encoding.UTF8.GetBytes(Out(result).Trim()) } });
    }

    [KernelFact]
    public async Task A_file_that_is_shown_takes_none_of_the_disk()
    {
        var job = With(Probe.Job("say", "fits"), new InjectedFile { Path = "/work/large", Content = Put(new byte[8 << 20]) });

        var result = await RunStoredAsync(job with { Limits = job.Limits with { DiskBytes = 1 << 20 } });

        AssertPrinted("fits", result);
    }

    [KernelFact]
    public async Task A_file_that_is_not_in_the_store_is_a_setup_error()
    {
        _ = Put("another");
        var absent = new StoredContent { Sha256 = new string('0', 64) };

        var result = await RunStoredAsync(With(Probe.Job("say", "x"), new InjectedFile { Path = "/work/in", Content = absent }));

        AssertVerdict(Verdict.SetupError, result);
        Assert.Equal(("ENOENT", "/files/~1work~1in/from"), (result.Error!.Errno, result.Error.Pointer));
        Assert.Contains("sandbox store put", result.Error.Hint, StringComparison.Ordinal);
    }

    [KernelFact]
    public async Task A_damaged_file_of_the_store_starts_no_job()
    {
        var content = Put("sound");
        // A change of the same size within the clock tick of the verification cannot be seen, and a tick may be 10 ms (CONFIG_HZ).
        await Task.Delay(25, Cancellation);
        File.SetUnixFileMode(ObjectOf(content), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await File.WriteAllTextAsync(ObjectOf(content), "other", Cancellation);

        var result = await RunStoredAsync(Probe.Job("count_stdin") with { Stdin = new ContentStdin { Content = content } });

        AssertVerdict(Verdict.SetupError, result);
        Assert.Equal(("EIO", "/stdin/from"), (result.Error!.Errno, result.Error.Pointer));
        Assert.False(File.Exists(ObjectOf(content)));
    }

    [KernelFact]
    public async Task A_file_of_a_running_job_stays_in_the_store_until_it_ends()
    {
        var content = Put("in use");
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var mark = $"mark-{Guid.NewGuid():N}";
        var running = StoreRunner.RunAsync(With(Probe.Job("sleep_forever", mark), new InjectedFile { Path = "/work/in", Content = content }), stop.Token);
        while (HostProcesses.WithArgument(mark).Count == 0)
        {
            await Task.Delay(5, Cancellation);
        }

        var during = Store.Collect(0);
        var kept = File.Exists(ObjectOf(content));
        await stop.CancelAsync();
        await running;
        EndJobs();
        var afterwards = Store.Collect(0);

        Assert.Empty(during);
        Assert.True(kept);
        Assert.Equal(content.Sha256, Assert.Single(afterwards).Sha256);
    }

    // A client removes its input as soon as it has the answer.
    [KernelFact]
    public async Task Whoever_has_the_result_may_remove_the_file()
    {
        for (var round = 0; round < 20; round++)
        {
            var content = Put($"round {round}");
            AssertPrinted($"round {round}", await StoreRunner.RunAsync(Probe.Tool("cat") with { Stdin = new ContentStdin { Content = content } }, Cancellation));

            Assert.Equal(content.Sha256, Assert.Single(Store.Collect(0)).Sha256);
        }
    }

    void IDisposable.Dispose()
    {
        EndJobs();
        Dispose();
    }
}
