using System.Diagnostics;
using Xunit;

namespace Sandbox.KernelTests;

/// <summary>What is shown in a box of isolate's, and what is left of it afterwards.</summary>
public sealed class IsolateDirectoryTests : KernelTest
{
    private Task<IsolateBox> BoxAsync(int number = 0) => IsolateBox.MakeAsync(Directory, Cancellation, number);

    private string Shared(string name, UnixFileMode mode)
    {
        var path = System.IO.Directory.CreateDirectory(Path.Combine(Directory, name)).FullName;
        File.SetUnixFileMode(path, mode);
        return path;
    }

    [KernelFact]
    public async Task The_default_rules_are_there_and_nothing_else()
    {
        var box = await BoxAsync();

        var run = await box.ShellAsync("echo /*; touch /tmp/x /dev/shm/x /box/x && echo written; touch /usr/x 2>/dev/null || echo read-only", "-p", "-s");

        Assert.Equal($"/bin /box /dev /lib {(System.IO.Directory.Exists("/lib64") ? "/lib64 " : "")}/proc /tmp /usr\nwritten\nread-only\n", run.Stdout);
    }

    [KernelFact]
    public async Task Rules_add_replace_and_remove()
    {
        var box = await BoxAsync();
        var other = Shared("other", (UnixFileMode)0b111_111_111);
        await File.WriteAllTextAsync(other + "/file", "text", Cancellation);

        var lib64 = System.IO.Directory.Exists("/lib64") ? "/lib64 " : "";
        Assert.Equal($"/bin /box /dev /lib {lib64}/other /proc /usr\n", (await box.ShellAsync("echo /*", $"-dother={other}", "-d", "tmp=", "-d", "nothing:maybe", "-s")).Stdout);
        Assert.Equal("text", (await box.RunAsync("-s", $"--dir=/tmp={other}", "--run", "/bin/cat", "/tmp/file")).Stdout);
        Assert.Equal("", (await box.ShellAsync("echo x > /tmp/file", $"--dir=tmp={other}")).Stdout);
        Assert.Equal("text", await File.ReadAllTextAsync(other + "/file", Cancellation));
        Assert.Equal("x\n", (await box.ShellAsync("echo x > /tmp/new; cat /tmp/new", "-s", "-p", $"--dir=tmp={other}:rw")).Stdout);
        Assert.Equal("x\n", await File.ReadAllTextAsync(other + "/new", Cancellation));
    }

    [KernelFact]
    public async Task What_cannot_be_shown_is_told()
    {
        var box = await BoxAsync();

        Assert.Equal(2, (await box.RunAsync("-d", "x=/nowhere", "--run", "/bin/true")).ExitStatus);
        Assert.Equal(("XX", "Cannot mount /nowhere on x: No such file or directory"), box.Said);
        await box.RunAsync("-d", "usr/nowhere=/etc", "--run", "/bin/true");
        Assert.Equal(("XX", "Cannot mount /etc on usr/nowhere: No such file or directory"), box.Said);
        await box.RunAsync("-d", "x=/etc/passwd", "--run", "/bin/true");
        Assert.Equal(("XX", "Cannot mount /etc/passwd on x: Not a directory"), box.Said);
        Assert.Equal(2, (await box.RunAsync("-d", "x/../y=/etc", "--run", "/bin/true")).ExitStatus);
    }

    [KernelFact]
    public async Task Programs_are_not_executed_where_a_rule_says_so()
    {
        var box = await BoxAsync();
        var tools = Shared("tools", (UnixFileMode)0b111_101_101);
        await File.WriteAllTextAsync(tools + "/tool", "#!/bin/sh\necho ran\n", Cancellation);
        File.SetUnixFileMode(tools + "/tool", (UnixFileMode)0b111_101_101);

        Assert.Equal("ran\n", (await box.RunAsync($"-dtools={tools}", "-s", "--run", "/tools/tool")).Stdout);
        Assert.Equal(1, (await box.RunAsync($"-dtools={tools}:noexec", "--run", "/tools/tool")).ExitStatus);
        Assert.Equal("127", box.Meta["exitcode"]);
    }

    [KernelFact]
    public async Task What_the_mode_keeps_from_others_is_kept_from_the_job()
    {
        var box = await BoxAsync();
        var home = Shared("home", (UnixFileMode)0b111_101_101);
        await File.WriteAllTextAsync(home + "/answer", "kept", Cancellation);
        await File.WriteAllTextAsync(home + "/output", "", Cancellation);
        File.SetUnixFileMode(home + "/answer", (UnixFileMode)0b111_101_101);
        File.SetUnixFileMode(home + "/output", (UnixFileMode)0b111_010_010);

        await box.ShellAsync(
            "chmod 777 /tmp /tmp/answer; echo x > /tmp/answer; rm -f /tmp/answer; mv /tmp/answer /tmp/other; touch /tmp/new; echo written > /tmp/output", $"--dir=/tmp={home}:rw", "--chdir=/tmp", "-p");

        Assert.Equal(["answer", "output"], System.IO.Directory.GetFileSystemEntries(home).Select(Path.GetFileName).Order());
        Assert.Equal("kept", await File.ReadAllTextAsync(home + "/answer", Cancellation));
        Assert.Equal("written\n", await File.ReadAllTextAsync(home + "/output", Cancellation));
        Assert.Equal((UnixFileMode)0b111_101_101, File.GetUnixFileMode(home));
        Assert.Equal((UnixFileMode)0b111_101_101, File.GetUnixFileMode(home + "/answer"));

        File.SetUnixFileMode(home, (UnixFileMode)0b111_111_111);
        await box.ShellAsync("touch /tmp/new; echo x > /tmp/answer", $"--dir=/tmp={home}:rw", "-p");
        Assert.True(File.Exists(home + "/new"));
        Assert.Equal("kept", await File.ReadAllTextAsync(home + "/answer", Cancellation));
    }

    [KernelFact(Needs.Unprivileged)]
    public async Task No_way_leads_to_what_the_mode_protects()
    {
        var box = await BoxAsync();
        var home = Shared("home", (UnixFileMode)0b111_111_111);
        System.IO.Directory.CreateDirectory(home + "/closed");
        File.SetUnixFileMode(home + "/closed", (UnixFileMode)0b111_101_101);
        foreach (var file in new[] { home + "/answer", home + "/closed/answer" })
        {
            await File.WriteAllTextAsync(file, "kept", Cancellation);
            File.SetUnixFileMode(file, (UnixFileMode)0b110_100_100);
        }

        File.Copy(Probe.Directory + "/break_protection", box.Work + "/break_protection");

        var run = await box.RunAsync($"--dir=/tmp={home}:rw", "--chdir=/tmp", "-p", "--run", "--", "/box/break_protection", "/tmp/answer", "/tmp/closed", "/tmp/closed/answer");

        Assert.True((0, "done\n") == (run.ExitStatus, run.Stdout), run.ToString());
        Assert.Equal(["answer", "closed", "mine"], System.IO.Directory.GetFileSystemEntries(home).Select(Path.GetFileName).Order());
        Assert.Equal(("kept", "kept"), (await File.ReadAllTextAsync(home + "/answer", Cancellation), await File.ReadAllTextAsync(home + "/closed/answer", Cancellation)));
        Assert.Equal(((UnixFileMode)0b110_100_100, (UnixFileMode)0b111_101_101), (File.GetUnixFileMode(home + "/answer"), File.GetUnixFileMode(home + "/closed")));
    }

    // A compiler's second command works on what the first has made.
    [KernelFact(Needs.Unprivileged)]
    public async Task What_a_run_has_made_a_later_one_changes_unless_the_caller_has_touched_it()
    {
        var box = await BoxAsync();
        var home = Shared("home", (UnixFileMode)0b111_111_111);
        await File.WriteAllTextAsync(home + "/source", "kept", Cancellation);
        string[] common = [$"--dir=/tmp={home}:rw", "--chdir=/tmp", "-p"];

        await box.ShellAsync("umask 022; mkdir out; echo one > out/file; echo one > object; echo one > taken", common);
        File.SetUnixFileMode(home + "/taken", (UnixFileMode)0b111_101_101);
        var run = await box.ShellAsync("echo two >> object; mv out/file out/moved; echo two > out/more; echo x > taken; echo x > source", common);

        Assert.Equal("one\ntwo\n", await File.ReadAllTextAsync(home + "/object", Cancellation));
        Assert.True(File.Exists(home + "/out/moved") && File.Exists(home + "/out/more"), run.ToString());
        Assert.Equal(("one\n", "kept"), (await File.ReadAllTextAsync(home + "/taken", Cancellation), await File.ReadAllTextAsync(home + "/source", Cancellation)));
    }

    [KernelFact]
    public async Task Two_boxes_talk_through_fifos_that_both_have_open()
    {
        var (first, second) = (await BoxAsync(1), await BoxAsync(2));
        var pipes = Shared("fifo", (UnixFileMode)0b111_101_101);
        using (var make = Process.Start("/bin/sh", ["-c", $"mkfifo -m 666 {pipes}/there {pipes}/back"]))
        {
            await make.WaitForExitAsync(Cancellation);
        }

        var solution = first.ShellAsync("read a b; echo $((a + b))", $"--dir=/fifo0={pipes}:rw", "--stdin=/fifo0/there", "--stdout=/fifo0/back", "-w20");
        var manager = second.ShellAsync("exec 3> /fifo0/there 4< /fifo0/back; echo 20 22 >&3; cat <&4 > answer", $"--dir=/fifo0={pipes}:rw", "-p", "-w20");
        await Task.WhenAll(solution, manager);

        Assert.True((await solution).ExitStatus == 0, (await solution).ToString());
        Assert.True((await manager).ExitStatus == 0, (await manager).ToString());
        Assert.Equal("42\n", await File.ReadAllTextAsync(second.Work + "/answer", Cancellation));
    }

    [KernelFact]
    [Trait("as", "any")]
    public async Task A_fifo_whose_other_end_nobody_opens_is_waited_for_as_long_as_the_wall_time()
    {
        var box = await BoxAsync();
        await box.ShellAsync("mkfifo pipe", "-p", "--special-files");

        var run = await box.RunAsync("--special-files", "-w0.1", "--stdin=pipe", "--run", "/bin/true");

        Assert.Equal(1, run.ExitStatus);
        Assert.Equal(("TO", "Time limit exceeded (wall clock)"), box.Said);
        Assert.Equal(("1", "0.100"), (box.Meta["killed"], box.Meta["time-wall"]));
    }

    [KernelFact]
    public async Task What_a_job_leaves_can_be_read_and_its_special_files_are_gone()
    {
        var box = await BoxAsync();
        await File.WriteAllTextAsync(Directory + "/outside", "kept", Cancellation);

        var run = await box.ShellAsync(
            $"mkdir -p a/b; echo text > a/b/file; chmod 7000 a/b/file; chmod 0 a/b a; ln -s {Directory}/outside link; ln -s / root; mkfifo fifo; printf x > \"$(printf 'n\\377')\"; chmod 0 /box", "-p");
        Assert.True(run.ExitStatus == 0, run.ToString());

        Assert.Equal("text\n", await File.ReadAllTextAsync(box.Work + "/a/b/file", Cancellation));
        Assert.Equal(2, System.IO.Directory.GetFileSystemEntries(box.Work).Length);
        Assert.Equal("kept", await File.ReadAllTextAsync(Directory + "/outside", Cancellation));

        await box.ShellAsync("mkfifo fifo; ln -s nothing link", "-p", "--special-files");
        Assert.True(new FileInfo(box.Work + "/link").LinkTarget == "nothing" && File.Exists(box.Work + "/fifo"));
        Assert.Equal(0, (await box.CallAsync("--cleanup")).ExitStatus);
        Assert.True(File.Exists(Directory + "/outside"));
    }

    [KernelFact]
    public async Task A_link_of_an_earlier_run_leads_nowhere_outside()
    {
        var box = await BoxAsync();
        await File.WriteAllTextAsync(Directory + "/secret", "secret", Cancellation);
        await box.ShellAsync($"ln -s {Directory}/secret in; ln -s {Directory}/made out; mkdir real; ln -s / real/root", "-p", "--special-files");

        Assert.Equal(2, (await box.RunAsync("--stdin=in", "--run", "/bin/cat")).ExitStatus);
        await box.RunAsync("--stdout=out", "--special-files", "--run", "/bin/echo", "x");
        Assert.False(File.Exists(Directory + "/made"));
        await box.RunAsync("--chdir=real/root", "--run", "/bin/ls");
        Assert.DoesNotContain("home", box.Meta.GetValueOrDefault("message", ""), StringComparison.Ordinal);
    }

    [KernelFact]
    public async Task A_box_is_the_jobs_and_files_stay_between_runs()
    {
        var box = await BoxAsync();
        await File.WriteAllTextAsync(box.Work + "/given", "text", Cancellation);
        File.SetUnixFileMode(box.Work + "/given", UnixFileMode.UserRead | UnixFileMode.UserWrite);

        Assert.Equal(0, (await box.ShellAsync("echo more >> given && mkdir made && chmod 700 made && echo x > made/x", "-p")).ExitStatus);
        Assert.Equal("textmore\nx\n", (await box.ShellAsync("cat given made/x", "-p", "-s")).Stdout);
        await File.WriteAllTextAsync(box.Work + "/made/y", "y", Cancellation);
        Assert.Equal("textmore\n", await File.ReadAllTextAsync(box.Work + "/given", Cancellation));
    }

    [KernelFact(Needs.Root)]
    public async Task As_real_root_a_job_is_another_user_and_its_files_are_the_callers_afterwards()
    {
        var box = await BoxAsync(5);
        await File.WriteAllTextAsync(box.Work + "/given", "", Cancellation);

        await box.ShellAsync("echo x > made; echo y > given");

        Assert.Equal("0 0", await OwnersAsync(box.Work + "/made"));
        Assert.Equal("0 0", await OwnersAsync(box.Work));
        var home = Shared("home", (UnixFileMode)0b111_111_111);
        await box.ShellAsync("echo x > /tmp/made", $"-d/tmp={home}:rw");
        Assert.Equal($"{0x7002_0005} {0x7002_0005}", await OwnersAsync(home + "/made"));
    }

    [KernelFact(Needs.Root)]
    public async Task As_real_root_a_box_can_be_somebody_elses()
    {
        var box = await IsolateBox.MakeAsync(Directory, Cancellation, 6, "--as-uid=1234", "--as-gid=1235");
        Assert.Equal("1234 1235", await OwnersAsync(box.Work));

        await box.ShellAsync("echo x > made");

        Assert.Equal("1234 1235", await OwnersAsync(box.Work + "/made"));
    }

    private static async Task<string> OwnersAsync(string path) => (await CommandRun.StartAsync("/usr/bin/stat", "", Cancellation, "-c", "%u %g", path)).Stdout.Trim();
}
