using System.Text.Json;
using Sandbox.Planning;

namespace Sandbox.Benchmarks;

/// <summary>An OCI bundle with the plan's mounts, for crun.</summary>
/// <remarks>
/// crun 1.8 refuses hosts with both cgroup versions, so it runs in a mount namespace where an empty tmpfs covers
/// them, entered once per measurement. It gets no seccomp filter: it would have to compile one from names each
/// time, which none of the others do; the comparison errs in its favour.
/// </remarks>
internal static class CrunBundle
{
    private static readonly string[] s_namespaces = ["user", "pid", "mount", "network", "ipc", "uts", "cgroup"];

    public static IReadOnlyList<string> Command(Bench bench)
    {
        var bundle = bench.Path("bundle");
        System.IO.Directory.CreateDirectory(Path.Combine(bundle, "rootfs"));
        File.WriteAllBytes(Path.Combine(bundle, "config.json"), Config(bench, bundle));
        var script =
            "mount -t tmpfs none /sys/fs/cgroup && " +
            $"exec {bench.Path("measure")} \"$0\" crun --root {bench.Path("crun")} --cgroup-manager=disabled run -b {bundle} bench$$";
        return ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, CommandContender.CountWord];
    }

    private static byte[] Config(Bench bench, string bundle)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("ociVersion", "1.0.2");
            WriteProcess(json, bench.Noop.Command);
            json.WriteStartObject("root");
            json.WriteString("path", "rootfs");
            json.WriteBoolean("readonly", true);
            json.WriteEndObject();
            json.WriteString("hostname", "sandbox");
            json.WriteStartArray("mounts");
            WriteMounts(json, bench, bundle);
            json.WriteEndArray();
            WriteLinux(json);
            json.WriteEndObject();
        }

        return bytes.ToArray();
    }

    private static void WriteProcess(Utf8JsonWriter json, IReadOnlyList<string> command)
    {
        json.WriteStartObject("process");
        json.WriteStartObject("user");
        json.WriteNumber("uid", 0);
        json.WriteNumber("gid", 0);
        json.WriteEndObject();
        WriteStrings(json, "args", command);
        WriteStrings(json, "env", ["PATH=/usr/local/bin:/usr/bin:/bin", "HOME=/work", "TMPDIR=/tmp", "LANG=C.UTF-8"]);
        json.WriteString("cwd", "/work");
        json.WriteBoolean("noNewPrivileges", true);
        json.WriteStartObject("capabilities");
        foreach (var set in (string[])["bounding", "effective", "inheritable", "permitted", "ambient"])
        {
            WriteStrings(json, set, []);
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteMounts(Utf8JsonWriter json, Bench bench, string bundle)
    {
        WriteMount(json, "tmpfs", "tmpfs", "/dev", ["nosuid", "strictatime", "mode=755", "size=65536k"]);
        foreach (var step in bench.Plan.Steps.Select(step => step.Fields))
        {
            if (step.Kind == StepKind.Bind)
            {
                WriteMount(json, "bind", step.A, step.B, ["rbind", "nosuid", "nodev", "ro"]);
            }

            if (step.Kind is StepKind.Directory or StepKind.Tmpfs)
            {
                WriteMount(json, "tmpfs", "tmpfs", step.B, ["nosuid", "nodev", "mode=1777"]);
            }

            if (step.Kind == StepKind.Proc)
            {
                WriteMount(json, "proc", "proc", "/proc", ["nosuid", "nodev", "noexec"]);
            }

            if (step.Kind == StepKind.Devices)
            {
                WriteMount(json, "devpts", "devpts", "/dev/pts", ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"]);
            }

            if (step.Kind is StepKind.File or StepKind.Symlink)
            {
                WriteInto(Path.Combine(bundle, "rootfs"), step);
            }
        }
    }

    // The root of a bundle is a directory of the host: what is made for the job is simply in it.
    private static void WriteInto(string root, StepFields step)
    {
        var path = root + step.B;
        System.IO.Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        if (step.Kind == StepKind.File)
        {
            File.WriteAllBytes(path, step.Blob.ToArray());
        }
        else if (!File.Exists(path) && !System.IO.Directory.Exists(path) && new FileInfo(path).LinkTarget is null)
        {
            File.CreateSymbolicLink(path, step.A);
        }
    }

    private static void WriteMount(Utf8JsonWriter json, string type, string source, string target, IReadOnlyList<string> options)
    {
        json.WriteStartObject();
        json.WriteString("destination", target);
        json.WriteString("type", type);
        json.WriteString("source", source);
        WriteStrings(json, "options", options);
        json.WriteEndObject();
    }

    private static void WriteLinux(Utf8JsonWriter json)
    {
        json.WriteStartObject("linux");
        foreach (var map in (string[])["uidMappings", "gidMappings"])
        {
            json.WriteStartArray(map);
            json.WriteStartObject();
            json.WriteNumber("containerID", 0);
            json.WriteNumber("hostID", 0);
            json.WriteNumber("size", 1);
            json.WriteEndObject();
            json.WriteEndArray();
        }

        json.WriteStartArray("namespaces");
        foreach (var type in s_namespaces)
        {
            json.WriteStartObject();
            json.WriteString("type", type);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        WriteStrings(json, "maskedPaths", ["/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/timer_list", "/proc/scsi"]);
        WriteStrings(json, "readonlyPaths", ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]);
        json.WriteEndObject();
    }

    private static void WriteStrings(Utf8JsonWriter json, string name, IReadOnlyList<string> values)
    {
        json.WriteStartArray(name);
        foreach (var value in values)
        {
            json.WriteStringValue(value);
        }

        json.WriteEndArray();
    }
}
