using Sandbox.Planning;

namespace Sandbox.Resources.Roots;

// Distributions keep what a compiler or interpreter cannot do without outside of /usr. Every entry is one that some tool stops at,
// or loses a part of itself with, when it is missing: a bind costs every job some 25 µs, so what tools do without is not here. And
// none is of a format that has a place for passwords: php.ini, settings.xml of maven, *.site of R.

/// <summary>What toolchains of the host read in /etc and /var/lib when they start.</summary>
internal static class ToolchainData
{
    /// <summary>Folders of /var/lib.</summary>
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

        // Emacs: Debian's start-up file lists this folder, and fails without. Not site-start.el, which is for whatever an administrator likes.
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
        "chromium.d" => host.Children("/etc/chromium.d").Where(file => !file.Name.Contains("key", StringComparison.OrdinalIgnoreCase)).Select(file => "chromium.d/" + file.Name),
        _ => [],
    };

    private static IEnumerable<string> Below(string folder, params string[] names) => names.Select(name => $"{folder}/{name}");
}
