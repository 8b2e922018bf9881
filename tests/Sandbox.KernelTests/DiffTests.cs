using System.Diagnostics;
using Xunit;

namespace Sandbox.KernelTests;

/// <summary>What a job changed in an overlay is told as it is, whatever the job left there.</summary>
public sealed class DiffTests : KernelTest
{
    private string Source => Path.Combine(Directory, "source");

    private string Archive => Path.Combine(Directory, "changes.tar");

    // Started by root, the files of others cannot be copied up: their owners do not exist in the job (EOVERFLOW).
    [KernelFact(Needs.Unprivileged)]
    public async Task What_was_created_changed_and_deleted_is_told()
    {
        Write("changed", "old");
        Write("mode", "");
        Write("touched", "same");
        Write("deleted", "");
        Write("directory/in", "");

        var result = await RunAsync(Shell("echo new > created; echo new > changed; chmod 600 mode; touch touched; rm deleted; rm -r directory; mkdir empty; ln -s created link"));

        AssertVerdict(Verdict.Ok, result);
        Assert.Equal("~changed +created -deleted -directory/ +empty/ +link ~mode", Changes(result));
        Assert.Equal((0x180, 0L), (Entry(result, "mode").Mode, Entry(result, "mode").Bytes));
        Assert.Equal("created", Entry(result, "link").Target);
    }

    [KernelFact(Needs.Unprivileged)]
    public async Task A_renamed_directory_is_a_deleted_and_a_created_one()
    {
        Write("d/a", "a");
        Write("d/e/b", "b");

        var result = await RunAsync(Shell("mv d moved"));

        AssertVerdict(Verdict.Ok, result);
        Assert.Equal("-d/ +moved/ +moved/a +moved/e/ +moved/e/b", Changes(result));
    }

    [KernelFact(Needs.Unprivileged)]
    public async Task A_file_and_a_directory_that_change_places_are_changed()
    {
        Write("file", "");
        Write("directory/in", "");

        var result = await RunAsync(Shell("rm file && mkdir file && echo x > file/in; rm -r directory && echo x > directory"));

        AssertVerdict(Verdict.Ok, result);
        Assert.Equal("~directory ~file/ +file/in", Changes(result));
    }

    [KernelFact(Needs.Unprivileged)]
    public async Task A_directory_made_anew_tells_what_it_lost()
    {
        Write("d/kept", "same");
        Write("d/lost", "");
        Write("d/sub/lost", "");

        var result = await RunAsync(Shell("rm -r d && mkdir d && printf same > d/kept && echo x > d/added"));

        AssertVerdict(Verdict.Ok, result);
        Assert.Equal("+d/added -d/lost -d/sub/", Changes(result));
    }

    [KernelFact]
    public async Task What_the_sandbox_put_there_is_no_change()
    {
        Write("lower", "");
        var job = Shell("echo x > new/point/hidden; echo x > made");

        var result = await RunAsync(job with
        {
            Mounts = [.. job.Mounts, new TmpfsMount { Target = "/src/new/point" }, new SymlinkMount { Source = "x", Target = "/src/link" }],
            Files = [new InjectedFile { Path = "/src/given", Content = new InlineContent { Bytes = "given"u8.ToArray() } }],
        });

        AssertVerdict(Verdict.Ok, result);
        Assert.Equal("+made", Changes(result));
    }

    [KernelFact]
    public async Task A_job_that_fails_has_a_diff_too()
    {
        Write("lower", "");

        var result = await RunAsync(Shell("echo x > made; exit 3"));

        AssertVerdict(Verdict.ExitCode, result);
        Assert.Equal("+made", Changes(result));
    }

    [KernelFact]
    public async Task A_diff_of_two_overlays_tells_both()
    {
        Write("lower", "");
        var job = Shell("echo x > /src/a; echo x > /other/b");

        var result = await RunAsync(job with { Mounts = [.. job.Mounts, new OverlayMount { Source = Source, Target = "/other" }] });

        AssertVerdict(Verdict.Ok, result);
        Assert.Equal(["/other/b", "/src/a"], result.Diff!.Entries.Select(entry => entry.Path));
    }

    [KernelFact]
    public async Task A_diff_needs_an_overlay()
    {
        var job = Probe.Job("say", "never") with { Diff = new DiffSpec() };

        var refusal = await Assert.ThrowsAsync<InvalidJobException>(() => RunAsync(job));

        Assert.Equal("/diff", Assert.Single(refusal.Problems).Pointer);
    }

    [KernelFact(Needs.Unprivileged)]
    public async Task The_archive_applied_to_the_source_is_what_the_job_saw()
    {
        const string List = "find . -printf '%P %y %#m %l\\n' | grep -v '^ ' | sort; find . -type f -exec sha256sum {} + | sort -k 2";
        Write("keep", "same");
        Write("gone", "");
        Write("d/old", "old");
        Write("d/e/old", "old");
        Write("replaced/in", "");
        Write("file", "");
        Write("opaque/x/y", "");
        var script = "rm gone; mkdir -p new/deep; echo 1 > new/deep/file; echo 2 > d/e/old; rm -r replaced && echo 3 > replaced; " +
            "rm file && mkdir file && ln -s ../keep file/link; rm -r opaque && mkdir opaque && echo 4 > opaque/z; chmod 750 d; " +
            "echo 5 > \"$(printf 'né\\nw')\"; " + List;

        var result = await RunAsync(Shell(script) with { Diff = new DiffSpec { To = Archive } });

        AssertVerdict(Verdict.Ok, result);
        Assert.Equal(new FileInfo(Archive).Length, result.Diff!.Archive?.Bytes);
        Assert.Contains("src/.wh.gone", Host($"tar -tvf {Archive}"), StringComparison.Ordinal);
        // A layer is unpacked, what it hides is removed from the source, and what it has is put there instead.
        Host($$"""
            set -e; mkdir layer; tar -C layer -xf {{Archive}} --no-same-owner; cd layer/src
            find . -name .wh..wh..opq -printf '%h\n' | while read -r d; do rm -rf "../../source/$d"; rm "$d/.wh..wh..opq"; done
            find . -name '.wh.*' | while read -r w; do n=$(basename "$w"); rm -rf "../../source/$(dirname "$w")/${n#.wh.}"; rm "$w"; done
            [ -d ../../source/replaced ] && rm -r ../../source/replaced; [ -f ../../source/file ] && rm ../../source/file
            cp -a . ../../source
            """);
        Assert.Equal(Out(result), Host($"cd source; {List}"));
    }

    [KernelFact]
    public async Task Links_fifos_and_sockets_are_told_and_nothing_is_followed_or_opened()
    {
        Write("lower", "");
        var job = Shell("ln -s /etc/passwd a; mkfifo b; /probes/leave_output socket /src/c; ln -s / d; ln -s /proc/self/mem e");

        var result = await RunAsync(job with { Diff = new DiffSpec { To = Archive } });

        AssertVerdict(Verdict.Ok, result);
        Assert.Equal("+a +b +c +d +e", Changes(result));
        Assert.Equal(["/src/b", "/src/c"], result.OutputErrors.Select(error => error.Path));
        Assert.All(result.Diff!.Entries, entry => Assert.Null(entry.Sha256));
        Assert.DoesNotContain("root:", await File.ReadAllTextAsync(Archive, Cancellation), StringComparison.Ordinal);
    }

    [KernelFact(Needs.Unprivileged)]
    public async Task A_directory_and_a_file_that_nobody_may_read_are_errors_and_the_rest_is_told()
    {
        Write("lower", "");

        var result = await RunAsync(Shell("mkdir closed; echo x > closed/in; echo x > secret; echo x > open; chmod 0 closed secret"));

        AssertVerdict(Verdict.OutputError, result);
        Assert.Equal("+closed/ +open +secret", Changes(result));
        Assert.Equal(["/src/closed", "/src/secret"], result.OutputErrors.Select(error => error.Path).Order(StringComparer.Ordinal));
        Assert.Null(Entry(result, "secret").Sha256);
    }

    [KernelFact]
    public async Task Names_of_any_bytes_are_told_or_refused()
    {
        Write("lower", "");

        var result = await RunAsync(Shell("echo x > \"$(printf 'a\\nb\\033')\"; echo x > \"$(printf 'c\\377')\""));

        AssertVerdict(Verdict.OutputError, result);
        Assert.Equal("+a\nb\u001b", Changes(result));
        Assert.Equal("its name is not UTF-8", Assert.Single(result.OutputErrors).Error);
    }

    [KernelFact]
    public async Task A_tree_four_thousand_directories_deep_is_looked_at_as_far_as_a_path_can_go()
    {
        Write("lower", "");
        var job = Shell("/probes/dig_deep /src 4000");

        var result = await RunAsync(job);

        AssertVerdict(Verdict.OutputError, result);
        Assert.Contains("longer than 4095 bytes", Assert.Single(result.OutputErrors).Error, StringComparison.Ordinal);
        Assert.InRange(result.Diff!.Entries.Count, 200, 210);
    }

    [KernelFact]
    public async Task More_changes_than_a_result_can_hold_are_cut_off()
    {
        Write("lower", "");
        var job = Shell("/probes/eat_inodes /src 20000; true");

        var result = await RunAsync(job with { Diff = new DiffSpec { To = Archive } });

        AssertVerdict(Verdict.OutputError, result);
        Assert.Equal((10_000, true), (result.Diff!.Entries.Count, result.Diff.IsTruncated));
        Assert.False(File.Exists(Archive));
    }

    [KernelFact]
    public async Task What_is_told_of_content_is_limited()
    {
        Write("lower", "");
        var job = Shell("/probes/leave_output sparse /src/big 1099511627776; echo x > small");

        var result = await RunAsync(job with { Limits = job.Limits with { FileSizeBytes = null, CollectBytes = 1 << 20 } });

        AssertVerdict(Verdict.OutputError, result);
        Assert.Equal(["collect"], result.LimitsHit);
        Assert.Equal((1L << 40, null), (Entry(result, "big").Bytes, Entry(result, "big").Sha256));
        Assert.NotNull(Entry(result, "small").Sha256);
    }

    private void Write(string name, string text)
    {
        var path = Path.Combine(Source, name);
        System.IO.Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }

    private JobSpec Shell(string script)
    {
        var job = Probe.Tool("sh", "-c", script);
        return job with
        {
            WorkingDirectory = "/src",
            Mounts = [.. job.Mounts, new OverlayMount { Source = Source, Target = "/src" }],
            Diff = new DiffSpec(),
        };
    }

    private string Host(string script)
    {
        var start = new ProcessStartInfo("sh", ["-c", script]) { WorkingDirectory = Directory, RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return output;
    }

    private static DiffEntry Entry(JobResult result, string name) => result.Diff!.Entries.Single(entry => entry.Path == "/src/" + name);

    /// <summary>One word per change: its path below the target, with a sign before it and <c>/</c> after a directory.</summary>
    private static string Changes(JobResult result)
    {
        Assert.True(result.Diff is not null, Describe(result));
        return string.Join(' ', result.Diff.Entries.Select(entry => Sign(entry.Change) + entry.Path[5..] + (entry.Type == DiffType.Directory ? "/" : "")));
    }

    private static string Sign(DiffChange change) => change switch
    {
        DiffChange.Created => "+",
        DiffChange.Changed => "~",
        _ => "-",
    };
}
