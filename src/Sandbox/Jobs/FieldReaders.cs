using System.Text.Json;
using Sandbox.Text;

namespace Sandbox.Jobs;

/// <summary>Reads the members of a job that are small: words, names out of a set, the user.</summary>
internal static class FieldReaders
{
    /// <summary>The names of <c>proc</c>, in the order of its values.</summary>
    public static readonly string[] ProcViews = ["full", "pid"];

    public static readonly string[] SysViews = ["none", "network"];

    /// <summary>The names of <c>isolation</c>, in the order of its values.</summary>
    public static readonly string[] Isolations = ["normal", "strict"];

    /// <summary>The names of <c>onOutputLimit</c>, in the order of its values.</summary>
    public static readonly string[] OutputActions = ["kill", "truncate"];

    /// <summary>A list of strings; null stands for an entry that is none.</summary>
    public static List<string> Texts(ref JsonCursor json, string expected)
    {
        var texts = new List<string>();
        if (!json.EnterArray(expected))
        {
            return texts;
        }

        while (json.NextElement())
        {
            texts.Add(json.Text("must be a string")!);
        }

        return texts;
    }

    /// <summary>A size; null, with the problem noted, for anything else.</summary>
    public static long? Size(ref JsonCursor json)
    {
        const string Expected = "must be a size such as \"64MiB\", or whole bytes as a number";
        if (json.Token == JsonTokenType.Number)
        {
            var number = json.Integer(Expected);
            if (number < 0)
            {
                json.Problem("must not be negative");
            }

            return number < 0 ? null : number;
        }

        if (json.Text(Expected) is not { } text)
        {
            return null;
        }

        if (Quantity.ParseSize(text, out var bytes, out var suggestion) is not { } problem)
        {
            return bytes;
        }

        json.Problem(problem, suggestion);
        return null;
    }

    /// <summary>A path inside the sandbox; one slash at its end is of no meaning and goes.</summary>
    public static string? InsidePath(ref JsonCursor json)
    {
        var path = json.Text("must be an absolute path inside the sandbox");
        return path is null ? null : PathRules.WithoutFinalSlash(path);
    }

    public static Dictionary<string, string> Env(ref JsonCursor json)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        if (!json.EnterObject("must be an object such as { \"LANG\": \"C.UTF-8\" }"))
        {
            return variables;
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (json.NextKey(seen) is { } name)
        {
            variables[name] = json.Text("must be a string")!;
        }

        return variables;
    }

    public static JobUser? User(ref JsonCursor json)
    {
        const string Expected = "must be \"root\" or an object such as { \"uid\": 1000, \"gid\": 1000 }";
        if (json.Token == JsonTokenType.String)
        {
            var root = json.Text(Expected) == "root";
            if (!root)
            {
                json.Problem(Expected);
            }

            return root ? new JobUser { Uid = 0, Gid = 0 } : null;
        }

        var start = json.Offset;
        if (!json.EnterObject(Expected))
        {
            return null;
        }

        var user = new JobUser { Uid = 1000, Gid = 1000 };
        var (uidSeen, gidSeen) = (false, false);
        while (json.NextMember(Members.User) is { } member)
        {
            var id = Id(ref json) ?? 1000;
            uidSeen |= member == "uid";
            gidSeen |= member == "gid";
            user = member == "uid" ? user with { Uid = id } : user with { Gid = id };
        }

        json.RequireMember("uid", uidSeen, start);
        json.RequireMember("gid", gidSeen, start);
        return user;
    }

    public static ProcView Proc(ref JsonCursor json) => (ProcView)Choice(ref json, ProcViews);

    public static SysView Sys(ref JsonCursor json) => (SysView)Choice(ref json, SysViews);

    public static IsolationLevel Isolation(ref JsonCursor json) => (IsolationLevel)Choice(ref json, Isolations);

    public static OutputLimitAction OnOutputLimit(ref JsonCursor json) =>
        (OutputLimitAction)Choice(ref json, OutputActions);

    /// <summary>A built-in policy's name, a path (it has a slash or ends in .json), or a policy written in place.</summary>
    public static Seccomp? Seccomp(ref JsonCursor json, HostPaths paths)
    {
        const string Expected = "must be a policy's name, the path of a policy file, or a policy";
        if (json.Token == JsonTokenType.StartObject)
        {
            return new InlinePolicy { Json = json.Raw().ToArray() };
        }

        if (json.Text(Expected) is not { } text)
        {
            return null;
        }

        if (!text.Contains('/') && !text.EndsWith(".json", StringComparison.Ordinal))
        {
            return new NamedPolicy { Name = text };
        }

        return paths.Read(ref json) is { } path ? new PolicyFile { Path = path } : null;
    }

    /// <summary>Limits by name. One that is none keeps its place, so that problems of the others have the right one.</summary>
    public static List<RequiredLimit> Require(ref JsonCursor json)
    {
        var required = new List<RequiredLimit>();
        if (!json.EnterArray("must be a list of limits, such as [\"memory\", \"cpuTime\"]"))
        {
            return required;
        }

        while (json.NextElement())
        {
            var limit = (RequiredLimit)(-1);
            if (json.Text("must be a string") is { } name)
            {
                if (LimitTable.Required(name, out var problem, out var suggestion) is { } known)
                {
                    limit = known;
                }
                else
                {
                    json.Problem(problem, suggestion);
                }
            }

            required.Add(limit);
        }

        return required;
    }

    /// <summary>Capabilities by name.</summary>
    public static CapabilitySet Capabilities(ref JsonCursor json)
    {
        var granted = CapabilitySet.None;
        if (!json.EnterArray("must be a list of names, such as [\"CHOWN\"]"))
        {
            return granted;
        }

        while (json.NextElement())
        {
            if (json.Text("must be a string") is { } name)
            {
                var capability = CapabilityNames.ValueOf(name);
                if (capability == CapabilitySet.None && !CapabilityNames.IsUnneeded(name))
                {
                    json.Problem(CapabilityNames.Problem);
                }

                granted |= capability;
            }
        }

        return granted;
    }

    private static uint? Id(ref JsonCursor json)
    {
        const string Range = "must be a whole number from 0 to 4294967294";
        if (json.Integer(Range) is not { } number)
        {
            return null;
        }

        // 4294967295 is (uid_t)-1, "leave unchanged" to setresuid(2).
        if (number is >= 0 and < uint.MaxValue)
        {
            return (uint)number;
        }

        json.Problem(Range);
        return null;
    }

    /// <summary>The place of the current string among some, the first with the problem noted for anything else.</summary>
    public static int Choice(ref JsonCursor json, string[] choices)
    {
        var expected = $"must be \"{string.Join("\", \"", choices[..^1])}\" or \"{choices[^1]}\"";
        var text = json.Text(expected);
        var index = Array.IndexOf(choices, text);
        if (index < 0 && text is not null)
        {
            json.Problem(expected, Suggestions.For(text, choices));
        }

        return Math.Max(index, 0);
    }
}

/// <summary>The member names of every object in job.json; the published schema names the same ones.</summary>
internal static class Members
{
    public static readonly string[] Job =
    [
        "name", "command", "workingDirectory", "env", "hostname", "domainname", "user", "rootfs", "mounts", "files",
        "stdin", "stdout", "stderr", "descriptors", "terminal", "outputs", "diff", "limits", "rlimits", "oomScoreAdj", "onOutputLimit", "network", "ipc", "ports", "extraHosts", "dns", "sysctls", "seccomp",
        "capabilities", "subids", "devices", "proc", "sys", "isolation", "cpuset", "require", "traceparent",
    ];

    public static readonly string[] User = ["uid", "gid"];

    public static readonly string[] Rootfs = ["directory", "image", "writable"];

    public static readonly string[] Mount =
        ["type", "source", "target", "writable", "optional", "size", "inodes", "noexec", "upper", "readOnly", "create", "copy"];

    public static readonly string[] MountTypes = ["bind", "volume", "tmpfs", "overlay", "symlink"];

    public static readonly string[] Content = ["from", "text", "base64"];

    public static readonly string[] File = ["from", "text", "base64", "mode", "readOnly"];

    public static readonly string[] Stream = ["to"];

    public static readonly string[] Pipe = ["pipe"];

    public static readonly string[] Descriptor = ["pipe", "write"];

    public static readonly string[] Output = ["path", "to", "maxSize", "optional"];

    public static readonly string[] Diff = ["to"];
}
