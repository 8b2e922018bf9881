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

        foreach (var directory in ToolchainData.VarLib)
        {
            AddPublic(steps, host, directory, origin);
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
        if (kind is HostEntryKind.Directory or HostEntryKind.File)
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
        else if (host.Resolved(path) is HostEntryKind.Directory or HostEntryKind.File)
        {
            steps.Add(new BindStep(path, path, origin) { Optional = true, OfSystem = true });
        }
    }

    private static bool LeadsIntoUsr(string text)
    {
        var relative = "../";
        var rest = text.StartsWith(relative, StringComparison.Ordinal) ? text[(relative.Length - 1)..] : text;
        return rest.StartsWith("/usr/", StringComparison.Ordinal) && !rest.Contains("/../", StringComparison.Ordinal);
    }
}

// Distributions keep what a compiler or interpreter cannot do without outside of /usr. Every entry is one that some tool stops at,
// or loses a part of itself with, when it is missing: a bind costs every job some 25 µs, so what tools do without is not here. And
// none is of a format that has a place for passwords: php.ini, settings.xml of maven, *.site of R.

/// <summary>What toolchains of the host read in /etc and /var/lib when they start.</summary>
internal static class ToolchainData
{
    /// <summary>Directories of /var/lib.</summary>
    public static readonly string[] VarLib =
    [
        "/var/lib/chicken", // the modules of CHICKEN Scheme, its own ones too
        "/var/lib/gems", // what "gem install" of Debian's ruby has installed for all
        "/var/lib/ghostscript", // how Ghostscript reads Chinese, Japanese and Korean text, and where its fonts are
        "/var/lib/ghc", // the package database of ghc and runghc
        "/var/lib/texmf", // the formats of tex, fonts maps and the list of files
    ];

    /// <summary>What of an entry of /etc is shown, as paths below /etc; nothing for all that is not of a toolchain.</summary>
    public static IEnumerable<string> Parts(string name, HostTree host) => name switch
    {
        // Free Pascal: where its units are. GNUstep: where its makefiles are. ocamlfind: where its libraries are.
        "fpc.cfg" or "fppkg.cfg" or "GNUstep" or "ocamlfind.conf" => [name],

        // GNU Cobol: the dialects, of which one is always read. Octave: its start-up file is a link to here.
        "gnucobol" or "octave.conf" or "octaverc" => [name],

        // D (ldc, dmd): where the run-time library is. Nim: where its library is. Groovy: what its start script loads. Racket: where its collections are.
        "ldc2.conf" or "dmd.conf" or "nim" or "groovy" or "racket" => [name],

        // Emacs: Debian's start-up file lists this directory, and fails without. Not site-start.el, which is for whatever an administrator likes.
        "emacs" => Below(name, "site-start.d"),

        // matplotlib refuses to be imported without it; clang reads the flags of its distribution (Fedora).
        "matplotlibrc" or "clang" => [name],

        // Which OpenCL there is on this machine; which .NET an executable starts with.
        "OpenCL" or "dotnet" => [name],

        // TeX: the settings of kpathsea and its formats. XML: where document types are, without being fetched.
        "texmf" or "xml" => [name],

        // ImageMagick: delegates, fonts, policy.
        _ when name.StartsWith("ImageMagick-", StringComparison.Ordinal) => [name],

        // R: links of /usr/lib/R/etc lead here. Not its *.site, which are for whatever an administrator likes.
        "R" => Below(name, "Makeconf", "Renviron", "ldpaths"),

        // Mono: which library is meant by a name. Not machine.config, which has a place for connections to databases.
        "mono" => Below(name, "config"),

        // Maven: what its launcher loads, and logging. Not settings.xml: it is where passwords of servers are kept.
        "maven" => Below(name, "m2.conf", "logging"),

        // Perl modules that look for their settings here: which parsers there are.
        "perl" => Below(name, "XML"),

        // PHP: which of its modules are switched on, by version. Not php.ini, which has settings for passwords of databases.
        "php" => host.Children("/etc/php").SelectMany(version => Below($"php/{version.Name}", "cli/conf.d", "mods-available")),

        // Chromium's start script reads every file there. Not the one with keys.
        "chromium.d" => OfChromium(host),
        _ => [],
    };

    private static IEnumerable<string> OfChromium(HostTree host)
    {
        foreach (var file in host.Children("/etc/chromium.d"))
        {
            if (!file.Name.Contains("key", StringComparison.OrdinalIgnoreCase))
            {
                yield return "chromium.d/" + file.Name;
            }
        }
    }

    private static IEnumerable<string> Below(string directory, params string[] names) => names.Select(name => $"{directory}/{name}");
}
