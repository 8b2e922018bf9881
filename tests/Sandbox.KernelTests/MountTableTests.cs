using System.Globalization;
using Sandbox.Jobs;
using Sandbox.Planning;
using Sandbox.Policies;
using Sandbox.Resources;
using Xunit;

namespace Sandbox.KernelTests;

/// <summary>What <c>sandbox plan</c> says is mounted is what the job finds in its mountinfo, and nothing else is.</summary>
public sealed class MountTableTests : KernelTest
{
    [KernelFact]
    public async Task The_table_of_a_plan_is_the_table_of_the_job() => await CompareAsync(Probe.Tool("/bin/cat", "/proc/self/mountinfo"));

    [KernelFact]
    public async Task Mounts_of_every_kind_are_in_it()
    {
        System.IO.Directory.CreateDirectory(Path.Combine(Directory, "tree/below"));
        var job = Probe.Tool("/bin/cat", "/proc/self/mountinfo");

        await CompareAsync(job with
        {
            Mounts =
            [
                .. job.Mounts,
                new BindMount { Source = Directory, Target = "/data", NoExec = true },
                new BindMount { Source = Directory, Target = "/out", Writable = true },
                new BindMount { Source = Directory, Target = "/usr/local/made/for/it" },
                new TmpfsMount { Target = "/scratch", SizeBytes = 1 << 20, NoExec = true },
                new TmpfsMount { Target = "/shared" },
                new OverlayMount { Source = Path.Combine(Directory, "tree"), Target = "/src" },
                new SymlinkMount { Source = "usr", Target = "/link" },
            ],
        });
    }

    [KernelFact]
    public async Task The_devices_of_the_network_are_in_it() => await CompareAsync(Probe.Tool("/bin/cat", "/proc/self/mountinfo") with { Network = Network.Loopback, Sys = SysView.Network });

    [KernelFact]
    public async Task A_writable_root_is_in_it()
    {
        var root = System.IO.Directory.CreateDirectory(Path.Combine(Directory, "root/usr")).Parent!.FullName;
        var job = Probe.Tool("/usr/bin/cat", "/proc/self/mountinfo");
        foreach (var name in (string[])["lib", "lib64"])
        {
            File.CreateSymbolicLink(Path.Combine(root, name), "usr/" + name);
        }

        await CompareAsync(job with
        {
            Rootfs = new DirectoryRootfs { Path = root, Writable = true },
            Mounts = [new BindMount { Source = "/usr", Target = "/usr" }],
        });
    }

    private async Task CompareAsync(JobSpec job)
    {
        var plan = JobResources.Compile(JobValidator.Validate(job), PolicyStore.Load(job), PlanContext.OfThisProcess(null));
        var planned = MountListing.Of(plan);

        var result = await RunAsync(job);

        AssertVerdict(Verdict.Ok, result);
        var found = Out(result).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Parse).ToList();
        foreach (var mount in planned.Where(mount => !mount.Perhaps))
        {
            Assert.True(found.Exists(line => Fits(mount, line)), string.Create(CultureInfo.InvariantCulture, $"planned {mount}, found {string.Join("; ", found)}"));
        }

        foreach (var line in found.Where(line => !IsBelowBind(planned, line.Target)))
        {
            Assert.True(planned.Any(mount => Fits(mount, line)), $"found {line}, which is not planned");
        }
    }

    // What hides a file is /dev/null, which stays a device.
    private static bool Fits(MountPoint mount, (string Target, string Type, string Options) line) =>
        mount.Target == line.Target && (mount.Type == "pin" || mount.Options == line.Options || (mount.Type == "mask" && mount.Options == line.Options.Replace(",nodev", "", StringComparison.Ordinal))) &&
        (mount.Type is "bind" or "mask" or "pin" || mount.Type == line.Type || mount.Source is not null);

    // What the host has mounted below a directory comes with it.
    private static bool IsBelowBind(IReadOnlyList<MountPoint> planned, string target) =>
        planned.Any(mount => mount.Source is not null && target.StartsWith(mount.Target + "/", StringComparison.Ordinal)) &&
        !planned.Any(mount => mount.Target == target);

    // 36 35 98:0 /root /target rw,noatime - ext3 /dev/root rw (proc(5), mountinfo)
    private static (string Target, string Type, string Options) Parse(string line)
    {
        var fields = line.Split(' ');
        string[] known = ["ro", "rw", "nosuid", "nodev", "noexec"];
        var options = fields[5].Split(',').Where(option => known.Contains(option));
        return (fields[4], fields[Array.IndexOf(fields, "-") + 1], string.Join(',', options));
    }
}
