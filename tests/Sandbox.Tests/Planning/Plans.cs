using System.Text;
using Sandbox.Interop;
using Sandbox.Jobs;
using Sandbox.Planning;
using Sandbox.Policies;
using Sandbox.Resources;

namespace Sandbox.Tests.Planning;

/// <summary>Plans of jobs on a host that never changes.</summary>
internal static class Plans
{
    public const string JobDirectory = "/jobs";

    public static readonly CompiledPolicy Policy = new()
    {
        Name = "default",
        Program = new byte[] { 6, 0, 0, 0, 0, 0, 0xff, 0x7f },
        Sha256 = "",
    };

    public static SandboxPlan Of(string json, PlanContext? context = null) =>
        Of(JobFile.Parse(Encoding.UTF8.GetBytes(json), JobDirectory), context);

    public static SandboxPlan Of(JobSpec spec, PlanContext? context = null) =>
        JobResources.Compile(JobValidator.Validate(spec), Policy, context ?? Context());

    public static PlanContext Context(HostTree? host = null, HostRlimits? limits = null) => new()
    {
        Host = host ?? Host(),
        Rlimits = limits ?? Limits(),
        HostUid = 1001,
        HostGid = 1002,
        ForeignIds = false,
        PageBytes = 4096,
        StoredFiles = "/store/files/objects",
        Volumes = new Dictionary<string, VolumePlace>
        {
            ["cache"] = new("/store/volumes/named/cache/data", new() { Device = 8, Inode = 90 }, null),
            ["tools"] = new("/store/volumes/named/tools/data", new() { Device = 8, Inode = 91 }, new FileOwner(7, 8)),
        },
    };

    /// <summary>Unlimited but for the ones given.</summary>
    public static HostRlimits Limits(Rlimit resource = Rlimit.Nofile, ulong limit = 4096) =>
        new() { SoftStack = 8 << 20, [Rlimit.Nofile] = 4096, [resource] = limit };

    public static PaperHost Host() => new PaperHost()
        .Directory("/usr", "/usr/bin", "/usr/local", "/usr/share", "/lib32", "/srv", "/srv/debian", "/srv/debian/usr")
        .Link("/usr/bin/python3", "python3.11")
        .File("/usr/bin/python3.11")
        .Link("/bin", "usr/bin")
        .Link("/lib", "usr/lib")
        .Directory("/etc", "/etc/ssl", "/etc/ssl/certs", "/etc/ssl/private", "/etc/alternatives", "/etc/java-17-openjdk")
        .File("/etc/ld.so.cache")
        .File("/etc/shadow")
        .File("/etc/passwd")
        .File("/etc/protocols")
        .Link("/etc/localtime", "/usr/share/zoneinfo/Etc/UTC")
        .Link("/etc/services", "/etc/alternatives/services")
        .File("/etc/alternatives/services")
        .Directory("/srv/debian/bin", "/srv/debian/etc", "/srv/debian/dev", "/srv/debian/tmp", "/srv/debian/sys")
        .Link("/srv/debian/lib", "usr/lib")
        .File("/srv/debian/README")
        .Directory("/jobs", "/jobs/data", "/jobs/out", "/jobs/here", "/jobs/src")
        .File("/jobs/data/known.txt")
        .File("/jobs/main.py", "print(1)\n")
        .File("/jobs/program", new string('x', 5000));
}
