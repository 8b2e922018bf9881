using System.Diagnostics;
using Sandbox.Cli.Interop;
using Sandbox.Cli.Isolate;
using Xunit;

namespace Sandbox.Tests.Cli.Isolate;

/// <summary>Where boxes are, and trees that a job has left in one.</summary>
public sealed class BoxTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private string Boxes => Path.Combine(_directory.Path, "boxes");

    private static BoxRecord Record => new(TreeCalls.Self.Uid, TreeCalls.Self.Gid, HasGroup: true);

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_box_outlives_the_process_that_made_it()
    {
        using (var place = BoxPlace.Open(Boxes, make: true)!)
        using (var box = place.Take(3, make: true, waits: false)!)
        {
            Assert.Null(box.Record);
            box.Make(Record);
        }

        using var again = BoxPlace.Open(Boxes, make: false)!;
        using var found = again.Take(3, make: false, waits: false)!;
        Assert.Equal(Record, found.Record);
        Assert.Equal(Boxes + "/3", found.Path);
        found.OpenWork().Dispose();
        found.Remove();
        Assert.Null(again.Take(3, make: false, waits: false));
        Assert.Empty(Directory.GetFileSystemEntries(Boxes + "/locks"));
    }

    [Fact]
    public void A_box_is_one_processes_at_a_time()
    {
        using var place = BoxPlace.Open(Boxes, make: true)!;
        using var box = place.Take(1, make: true, waits: false)!;

        var busy = Assert.Throws<IsolateException>(() => place.Take(1, make: true, waits: false));

        Assert.Equal("This box is currently in use by another process", busy.Message);
        place.Take(2, make: true, waits: false)!.Dispose();
    }

    [Fact]
    public void A_directory_that_others_may_write_to_or_a_link_is_no_place_for_boxes()
    {
        Directory.CreateDirectory(Boxes);
        File.CreateSymbolicLink(Boxes + "-link", Boxes);
        File.SetUnixFileMode(Boxes, (UnixFileMode)0b111_111_111);

        Assert.Throws<IsolateException>(() => BoxPlace.Open(Boxes, make: true));
        Assert.Throws<IsolateException>(() => BoxPlace.Open(Boxes + "-link", make: true));
        Assert.Throws<IsolateException>(() => BoxPlace.Open("relative", make: true));
        Assert.Null(BoxPlace.Open(Boxes + "-none", make: false));
    }

    [Fact]
    public void A_box_that_is_a_link_is_not_followed()
    {
        using var place = BoxPlace.Open(Boxes, make: true)!;
        using var box = place.Take(1, make: true, waits: false)!;
        box.Make(Record);
        var kept = Directory.CreateDirectory(Path.Combine(_directory.Path, "kept"));
        File.WriteAllText(kept.FullName + "/file", "");
        Directory.Delete(box.Path + "/box");
        File.CreateSymbolicLink(box.Path + "/box", kept.FullName);

        Assert.Throws<IsolateException>(() => box.OpenWork());
        box.Remove();
        Assert.True(File.Exists(kept.FullName + "/file"));
    }

    [Fact]
    public void What_a_job_has_hidden_can_be_read_and_removed_afterwards()
    {
        using var place = BoxPlace.Open(Boxes, make: true)!;
        using var box = place.Take(1, make: true, waits: false)!;
        box.Make(Record);
        File.WriteAllText(_directory.Path + "/outside", "kept");
        Shell(box.Path + "/box", """
            mkdir -p closed/below; echo text > closed/below/file; chmod 4000 closed/below/file; chmod 0 closed/below closed
            ln -s ../../../outside link; mkfifo fifo; ln -s / root; printf x > "$(printf 'na\377me')"; ln -s nothing closed-link
            """);

        using (var work = box.OpenWork())
        {
            File.SetUnixFileMode(box.Path + "/box", UnixFileMode.None);
            BoxTree.Give(work, null, keepsSpecialFiles: false);
        }

        Assert.Equal("text\n", File.ReadAllText(box.Path + "/box/closed/below/file"));
        Assert.Equal(UnixFileMode.UserRead, File.GetUnixFileMode(box.Path + "/box/closed/below/file"));
        Assert.Equal(2, Directory.GetFileSystemEntries(box.Path + "/box").Length);
        Assert.Equal("kept", File.ReadAllText(_directory.Path + "/outside"));
        box.Remove();
        Assert.False(Directory.Exists(box.Path));
    }

    [Fact]
    public void Special_files_stay_where_they_are_asked_for()
    {
        using var place = BoxPlace.Open(Boxes, make: true)!;
        using var box = place.Take(1, make: true, waits: false)!;
        box.Make(Record);
        Shell(box.Path + "/box", "mkfifo fifo; ln -s /nowhere link");

        using (var work = box.OpenWork())
        {
            BoxTree.Give(work, null, keepsSpecialFiles: true);
        }

        Assert.Equal(["fifo", "link"], Directory.GetFileSystemEntries(box.Path + "/box").Select(Path.GetFileName).Order());
    }

    [Fact]
    public void A_tree_may_be_deeper_than_any_path_and_wider_than_any_buffer()
    {
        using var place = BoxPlace.Open(Boxes, make: true)!;
        using var box = place.Take(1, make: true, waits: false)!;
        box.Make(Record);
        Shell(box.Path + "/box", """
            n=$(printf %0200d 0); i=0; while [ $i -lt 30 ]; do mkdir $n && cd -P $n || exit 1; i=$((i+1)); done; chmod 0 .
            """);
        Shell(box.Path + "/box", "seq -f wide%06g 5000 | xargs touch");

        using (var work = box.OpenWork())
        {
            BoxTree.Give(work, null, keepsSpecialFiles: false);
        }

        box.Remove();
        Assert.False(Directory.Exists(box.Path));
    }

    [Fact]
    public void The_place_depends_on_the_user_alone_unless_it_is_named()
    {
        Assert.Equal("/var/local/lib/isolate", BoxPlace.PathOf(0, null));
        Assert.Equal("/var/tmp/sandbox-isolate-1000", BoxPlace.PathOf(1000, ""));
        Assert.Equal("/srv/boxes", BoxPlace.PathOf(0, "/srv/boxes/"));
    }

    [Fact]
    public void A_directory_can_be_written_to_where_its_mode_lets_others()
    {
        var home = Directory.CreateDirectory(Path.Combine(_directory.Path, "home")).FullName;
        Shell(home, "mkdir open closed open/inner; touch open/file closed/answer answer; chmod 777 open; chmod 755 . closed open/inner; chmod 644 open/file; chmod 722 closed/answer; chmod 600 answer; mkfifo pipe; chmod 666 pipe; ln -s answer link");

        var mounts = ModeMounts.Of(home, "/tmp", isNoExec: true, new MadeFiles([])).Select(mount => $"{mount.Target} {(mount.Writable ? "rw" : "ro")}").ToList();

        Assert.Equal("/tmp ro", mounts[0]);
        Assert.Equal(["/tmp/closed/answer rw", "/tmp/open rw", "/tmp/open/file ro", "/tmp/open/inner ro", "/tmp/pipe rw"], mounts.Skip(1).Order(StringComparer.Ordinal));
        Assert.True(mounts.IndexOf("/tmp/open rw") < mounts.IndexOf("/tmp/open/file ro"));
        Assert.All(ModeMounts.Of(home, "/tmp", isNoExec: true, new MadeFiles([])), static mount => Assert.True(mount.NoExec));
    }

    [Fact]
    public void What_a_job_has_made_is_its_own_until_somebody_else_touches_it()
    {
        var home = Directory.CreateDirectory(Path.Combine(_directory.Path, "home")).FullName;
        Shell(home, "chmod 777 .; echo > before; chmod 644 before");
        var first = new MadeFiles([]);
        Assert.Equal(["/tmp rw", "/tmp/before ro"], Mounts(first));
        Shell(home, "echo > made; echo > taken; mkdir below; echo > below/made; chmod 644 made taken below/made; chmod 755 below; chmod 600 before");
        first.Note([home]);

        var next = new MadeFiles(first.Bytes);
        Shell(home, "chmod 755 taken; echo > added; chmod 644 added");
        Assert.Equal(["/tmp rw", "/tmp/added ro", "/tmp/before ro", "/tmp/taken ro"], Mounts(next));
        Shell(home, "echo more > made; rm below/made");
        next.Note([home]);
        Assert.Equal(["/tmp rw", "/tmp/added ro", "/tmp/before ro", "/tmp/taken ro"], Mounts(new MadeFiles(next.Bytes)));

        Shell(home, "rm made; echo > made; chmod 644 made");
        Assert.Contains("/tmp/made ro", Mounts(new MadeFiles(next.Bytes)));

        IEnumerable<string> Mounts(MadeFiles made) => ModeMounts.Of(home, "/tmp", isNoExec: false, made).Select(static mount => $"{mount.Target} {(mount.Writable ? "rw" : "ro")}").Order(StringComparer.Ordinal);
    }

    [Fact]
    public void More_than_can_be_protected_is_refused()
    {
        var home = Directory.CreateDirectory(Path.Combine(_directory.Path, "home")).FullName;
        Shell(home, "chmod 777 .; seq -f f%g 1100 | xargs touch");

        Assert.Throws<IsolateException>(() => ModeMounts.Of(home, "/tmp", isNoExec: false, new MadeFiles([])));
    }

    private static void Shell(string directory, string script)
    {
        using var shell = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", script]) { WorkingDirectory = directory })!;
        shell.WaitForExit();
        Assert.Equal(0, shell.ExitCode);
    }
}
