using Sandbox.Cli.Interop;

namespace Sandbox.Cli.Run;

// A directory of programs is not enough for most: their libraries lie beside it, or they are links and shims to what lies elsewhere. But
// what lies beside it may be secrets (~/.cargo/credentials.toml, ~/.local/share/keyrings). So the directory above is shown only where it is
// certain to be one installation: two levels below the home or outside of it, or a conda.

/// <summary>Collects what of the host has to be shown for programs of a PATH, and says what is left out.</summary>
/// <param name="variable">The caller's environment.</param>
internal sealed class HostTools(Func<string, string?> variable)
{
    private const int MaxLinks = 256;

    private readonly string _home = Descriptors.RealPath(variable("HOME") is { Length: > 0 } home ? home : "/nonexistent") ?? "/nonexistent";
    private readonly List<string> _directories = [];
    private readonly List<string> _paths = [];
    private readonly List<string> _leftOut = [];

    public HostProgram Shown => new([.. _directories.Where(directory => !_directories.Exists(other => other != directory && IsWithin(directory, other)))], _paths);

    /// <summary>Parts of the PATH that are not shown, each with the reason.</summary>
    public IReadOnlyList<string> LeftOut => _leftOut;

    /// <summary>All that a PATH names.</summary>
    public void AddPath(string? path)
    {
        foreach (var directory in (path ?? "").Split(':').Distinct())
        {
            if (Refusal(directory, out var real) is { } why)
            {
                _leftOut.Add($"{DisplayText.Quote(directory)}: {why}");
            }
            else if (real.Length > 0 && !HostProgram.IsShown(real))
            {
                AddDirectory(real);
            }
        }
    }

    /// <summary>What one program needs.</summary>
    public void AddProgram(string file)
    {
        var (directory, name) = (Path.GetDirectoryName(file)!, Path.GetFileName(file));
        if (Refusal(directory, out var real) is not null || real.Length == 0)
        {
            return;
        }

        var target = Behind(real, name) ?? Descriptors.RealPath(file);
        if (target is null || Refusal(Path.GetDirectoryName(target)!, out var inner) is not null)
        {
            return;
        }

        Show(Installation(inner));
        // Behind a link of another name there is nothing that could be called by ours.
        if (File.Exists(inner + "/" + name))
        {
            Prefer(inner);
            return;
        }

        Show(Installation(real));
        Prefer(real);
    }

    private void AddDirectory(string real)
    {
        if (Toolchain(real) is { } toolchain && Refusal(toolchain, out _) is null)
        {
            Show(Installation(toolchain));
            Prefer(toolchain);
        }

        // The scripts in it would look for a pyenv that is not there.
        if (IsOfShims(real))
        {
            return;
        }

        Show(Installation(real));
        Prefer(real);
        foreach (var link in Directory.EnumerateFiles(real).Where(file => new FileInfo(file).LinkTarget is not null).Take(MaxLinks))
        {
            if (Descriptors.RealPath(link) is { } target && !IsWithin(target, real) && Refusal(Path.GetDirectoryName(target)!, out var inner) is null)
            {
                Show(Installation(inner));
            }
        }
    }

    // The programs themselves behind rustup's or pyenv's, which choose at each start by files in the home.
    private string? Behind(string directory, string name) =>
        Toolchain(directory) is { } toolchain && name != "rustup" && File.Exists(toolchain + "/" + name) ? Descriptors.RealPath(toolchain + "/" + name) : null;

    private string? Toolchain(string directory)
    {
        if (IsOfShims(directory))
        {
            var root = Path.GetDirectoryName(directory)!;
            var version = variable("PYENV_VERSION") is { Length: > 0 } said ? said : FirstLine(root + "/version");
            return version is null ? null : Descriptors.RealPath($"{root}/versions/{version.Split(':')[0]}/bin");
        }

        if (!File.Exists(directory + "/rustup"))
        {
            return null;
        }

        var rustup = variable("RUSTUP_HOME") is { Length: > 0 } home ? home : _home + "/.rustup";
        return (variable("RUSTUP_TOOLCHAIN") is { Length: > 0 } asked ? asked : DefaultToolchain(rustup)) is { } name ? Descriptors.RealPath($"{rustup}/toolchains/{name}/bin") : null;
    }

    private static string? DefaultToolchain(string rustup)
    {
        const string key = "default_toolchain = \"";
        var line = Lines(rustup + "/settings.toml").FirstOrDefault(line => line.StartsWith(key, StringComparison.Ordinal));
        return line?[key.Length..].TrimEnd('"', ' ');
    }

    private static bool IsOfShims(string directory) => Path.GetFileName(directory) == "shims" && Directory.Exists(Path.GetDirectoryName(directory) + "/versions");

    private static string? FirstLine(string file) => Lines(file).Select(line => line.Trim()).FirstOrDefault(line => line.Length > 0);

    private static string[] Lines(string file)
    {
        try
        {
            return new FileInfo(file) is { Exists: true, Length: < 65536 } ? File.ReadAllLines(file) : [];
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>The directory to be shown for one of programs.</summary>
    private string Installation(string directory)
    {
        var above = Path.GetDirectoryName(directory)!;
        var isBelowHome = IsWithin(above, _home);
        var depth = (isBelowHome ? above[_home.Length..] : above).Count(letter => letter == '/');
        var isOne = Path.GetFileName(directory) is "bin" or "sbin" && !IsWithin(_home, above) &&
            (depth >= 2 || Directory.Exists(above + "/conda-meta")) && !IsCommonPlace(above);
        return isOne ? above : directory;
    }

    // ~/.config/x, ~/.local/share: what programs keep for themselves, not what is installed.
    private bool IsCommonPlace(string directory) =>
        Array.Exists(["/.local/share", "/.local/state", "/.var/app"], place => directory == _home + place) || IsWithin(directory, _home + "/.config");

    private string? Refusal(string directory, out string real)
    {
        real = "";
        if (!Path.IsPathRooted(directory))
        {
            return "it is relative";
        }

        if (Descriptors.RealPath(directory) is not { } found || !Directory.Exists(found))
        {
            return null;
        }

        if (IsWithin(_home, found))
        {
            return "it is the home, or has it in it";
        }

        if (found.Contains(':', StringComparison.Ordinal))
        {
            return "it has a colon in its name";
        }

        if ((new DirectoryInfo(found).UnixFileMode & UnixFileMode.OtherWrite) != 0)
        {
            return "everybody may write to it";
        }

        if (HostProgram.IsShown(found) || !IsReserved(found))
        {
            real = found;
            return null;
        }

        return "the job has a directory of its own there";
    }

    private static bool IsReserved(string directory) =>
        directory is "/tmp" or "/work" || Array.Exists(["/proc", "/sys", "/dev", "/run", "/etc"], place => IsWithin(directory, place));

    private static bool IsWithin(string path, string directory) => path == directory || directory == "/" || path.StartsWith(directory + "/", StringComparison.Ordinal);

    private void Show(string directory)
    {
        if (!HostProgram.IsShown(directory) && !_directories.Contains(directory))
        {
            _directories.Add(directory);
        }
    }

    private void Prefer(string directory)
    {
        if (!HostProgram.IsShown(directory) && !_paths.Contains(directory))
        {
            _paths.Add(directory);
        }
    }
}
