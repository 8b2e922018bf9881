using Sandbox.Interop;
using Sandbox.Planning;
using Sandbox.Planning.Steps;

namespace Sandbox.Resources.Roots;

/// <summary>The part of the host's /etc, and of its /var/lib, without which installed programs do not start. Nothing in it is secret or about users.</summary>
internal static class HostEtc
{
    private const string Etc = "/etc/";

    public static void AddTo(List<PlanStep> steps, HostTree host, string origin)
    {
        foreach (var (name, kind) in host.Children("/etc"))
        {
            if (IsShown(name))
            {
                Add(steps, host, Etc + name, kind, origin);
                continue;
            }

            foreach (var inner in PartsOf(name))
            {
                Add(steps, host, Etc + name + "/" + inner, host.Kind(Etc + name + "/" + inner), origin);
            }

            foreach (var part in ToolchainData.Parts(name, host))
            {
                AddPublic(steps, host, Etc + part, origin);
            }
        }

        foreach (var folder in ToolchainData.VarLib)
        {
            AddPublic(steps, host, folder, origin);
        }
    }

    // What root has closed to others, or somebody else owns, is not what the distribution has put there.
    private static void AddPublic(List<PlanStep> steps, HostTree host, string path, string origin)
    {
        if (host.IsPublic(path))
        {
            Add(steps, host, path, host.Kind(path), origin);
        }
    }

    private static bool IsShown(string name) => name switch
    {
        // the dynamic loaders
        "ld.so.cache" or "ld.so.conf" or "ld.so.conf.d" => true,

        // what many names in /usr/bin lead through
        "alternatives" => true,
        "localtime" or "protocols" or "services" or "mime.types" or "fonts" or "os-release" => true,

        // settings that OpenSSL's own include on Fedora
        "crypto-policies" => true,

        // Java's own settings are links to here on Debian, and it does not start without them.
        _ => name.StartsWith("java-", StringComparison.Ordinal) || name.StartsWith("ld-musl-", StringComparison.Ordinal),
    };

    // /etc/ssl/private and /etc/pki hold keys: only these parts of them.
    private static ReadOnlySpan<string> PartsOf(string name) => name switch
    {
        "ssl" => new[] { "certs", "openssl.cnf" },
        "pki" => new[] { "ca-trust", "java", "tls/certs" },

        // where /etc/ssl/certs leads on Arch
        "ca-certificates" => new[] { "extracted" },
        _ => [],
    };

    private static void Add(List<PlanStep> steps, HostTree host, string path, HostEntryKind kind, string origin)
    {
        if (kind is HostEntryKind.Folder or HostEntryKind.File)
        {
            steps.Add(new BindStep(path, path, origin) { Optional = true, View = path.StartsWith(Etc, StringComparison.Ordinal) ? "/etc" : path, OfSystem = true });
            return;
        }

        if (kind != HostEntryKind.Symlink || host.LinkTarget(path) is not { } text)
        {
            return;
        }

        // A link into /usr means the same inside, and programs read the time zone's name from it;
        // one that leads elsewhere would dangle, so what it leads to is shown in its place.
        if (LeadsIntoUsr(text))
        {
            steps.Add(new SymlinkStep(text, path, origin));
        }
        else if (host.Resolved(path) is HostEntryKind.Folder or HostEntryKind.File)
        {
            steps.Add(new BindStep(path, path, origin) { Optional = true });
        }
    }

    private static bool LeadsIntoUsr(string text)
    {
        var relative = "../";
        var rest = text.StartsWith(relative, StringComparison.Ordinal) ? text[(relative.Length - 1)..] : text;
        return rest.StartsWith("/usr/", StringComparison.Ordinal) && !rest.Contains("/../", StringComparison.Ordinal);
    }
}
