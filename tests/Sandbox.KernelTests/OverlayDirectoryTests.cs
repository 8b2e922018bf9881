using Xunit;

namespace Sandbox.KernelTests;

/// <summary>
/// What compilers and package managers do with directories works in everything writable that is made of an overlay, whatever the kernel's
/// tmpfs can do: overlayfs has to mark directories for it. With the changes in memory, where that is fit, and on a disk.
/// </summary>
public sealed class OverlayDirectoryTests : KernelTest
{
    private static readonly (string Script, string Expected)[] s_steps =
    [
        ("mkdir a b; /probes/rename_path a b/a && ls b", "renamed\na"),
        ("mkdir new; /probes/rename_path new renamed && ls -d renamed", "renamed\nrenamed"),
        ("mkdir new; echo 1 > new/file; /probes/rename_path new full/new && cat full/new/file", "renamed\n1"),
        ("mkdir new; echo 1 > new/file; /probes/rename_path new empty && cat empty/file", "renamed\n1"),
        ("rmdir empty; mkdir new; echo 1 > new/file; /probes/rename_path new empty && cat empty/file", "renamed\n1"),
        ("rm -r full && mkdir full && ls full; echo done", "done"),
        ("rm -r full && mkdir new && /probes/rename_path new full && ls full; echo done", "renamed\ndone"),
        ("rmdir empty && mkdir empty && ls empty; echo done", "done"),
        ("rm file && mkdir file && /probes/rename_path file directory && ls -d directory", "renamed\ndirectory"),
        ("rm full/inner/file && rmdir full/inner && mkdir -p full/inner/more && ls full/inner", "more"),
        ("mkdir -p p/1; /probes/rename_path p/1 p/2 p q q/2 full/2 && ls full/2/.. | sort", "renamed\n2\ninner"),
        ("ln -s full/inner link; /probes/rename_path link full/link && readlink full/link", "renamed\nfull/inner"),
    ];

    private const uint JobId = 0x7000_4242;

    private static readonly string[] s_tools = ["/usr", "/bin", "/lib", "/lib64"];

    public static TheoryData<int, bool, bool> Cases
    {
        get
        {
            var cases = new TheoryData<int, bool, bool>();
            for (var step = 0; step < s_steps.Length; step++)
            {
                foreach (var disk in new[] { false, true })
                {
                    cases.Add(step, disk, false);
                    cases.Add(step, disk, true);
                }
            }

            return cases;
        }
    }

    [KernelTheory]
    [MemberData(nameof(Cases))]
    public async Task Directories_can_be_made_moved_and_removed(int step, bool disk, bool root)
    {
        var (script, expected) = s_steps[step];
        await ShellAsync(Directory, "mkdir -p src/full/inner src/empty && echo x > src/full/inner/file && echo y > src/file && chmod -R a+rwX src" + ToJob);
        using var runner = On(disk);

        var result = await runner.RunAsync(root ? InRoot(script) : InMount(script), Cancellation);

        AssertPrinted(expected, result);
        Assert.Equal("x\n", await File.ReadAllTextAsync(Path.Combine(Directory, "src/full/inner/file"), Cancellation));
        Assert.Equal(["empty", "file", "full"], System.IO.Directory.EnumerateFileSystemEntries(Path.Combine(Directory, "src")).Select(Path.GetFileName).Order());
    }

    // dpkg(1) unpacks each new directory under another name and renames it when it is complete.
    [KernelTheory(tool: "dpkg-deb")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Dpkg_installs_and_removes_a_package(bool disk)
    {
        await ShellAsync(Directory, """
            mkdir -p made/DEBIAN made/usr/share/made/inner made/opt/made src/usr/share src/opt src/var/lib/dpkg/info src/var/lib/dpkg/updates &&
            : > src/var/lib/dpkg/status && : > src/var/lib/dpkg/available && echo text > made/usr/share/made/inner/file &&
            printf 'Package: made\nVersion: 1\nArchitecture: all\nMaintainer: nobody <nobody@example.org>\nDescription: made\n' > made/DEBIAN/control &&
            chmod -R u+rwX,go+rX,g-s made && dpkg-deb --root-owner-group -b made made.deb >/dev/null && chmod -R a+rwX src
            """ + ToJob);
        var job = Probe.Tool("sh", "-c", """
            dpkg --root=/src --force-not-root --force-script-chrootless --log=/dev/null -i /made.deb >/work/log 2>&1 || cat /work/log
            cat /src/usr/share/made/inner/file
            dpkg --root=/src --force-not-root --force-script-chrootless --log=/dev/null -P made >/work/log 2>&1 || cat /work/log
            find /src -name made
            """) with
        {
            User = new JobUser { Uid = 0, Gid = 0 },
            Env = new Dictionary<string, string> { ["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" },
            Mounts = [Source, new BindMount { Source = Path.Combine(Directory, "made.deb"), Target = "/made.deb" }],
        };
        using var runner = On(disk);

        AssertPrinted("text", await runner.RunAsync(job, Cancellation));
    }

    private OverlayMount Source => new() { Source = Path.Combine(Directory, "src"), Target = "/src" };

    // What is real root's a job of real root cannot change, in an overlay neither (EOVERFLOW).
    private static string ToJob => Requirements.IsRoot ? $" && chown -R {JobId}:{JobId} src" : "";

    private static SandboxRunner On(bool disk) => new(new() { UppersOnDisk = disk, RootUidRangeStart = JobId, RootUidRangeLength = 1 });

    private JobSpec InMount(string script) => Probe.Tool("sh", "-c", script) with
    {
        WorkingDirectory = "/src",
        Mounts = [Probe.Mount, Source],
    };

    // A root of its own that has what a shell needs; the source is a directory of the root.
    private JobSpec InRoot(string script) => Probe.Tool("sh", "-c", $"cd /src && {script}") with
    {
        WorkingDirectory = "/",
        Rootfs = new DirectoryRootfs { Path = Directory, Writable = true },
        Mounts = [Probe.Mount, .. Tools()],
    };

    private static IEnumerable<Mount> Tools()
    {
        foreach (var directory in s_tools.Where(Path.Exists))
        {
            yield return new FileInfo(directory).LinkTarget is { } link
                ? new SymlinkMount { Source = link, Target = directory }
                : new BindMount { Source = directory, Target = directory };
        }
    }

    private static async Task ShellAsync(string directory, string script)
    {
        var run = await CommandRun.ShellInAsync(directory, script, Cancellation);
        Assert.True(run.ExitStatus == 0, run.ToString());
    }
}
