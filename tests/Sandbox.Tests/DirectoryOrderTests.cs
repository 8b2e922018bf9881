using System.Text.RegularExpressions;
using Xunit;

namespace Sandbox.Tests;

/// <summary>A directory of the SDK uses those below it and none above: whoever reads one of them has a part of the order to know, not the whole.</summary>
public sealed partial class DirectoryOrderTests
{
    private const string Data = "data types of the root";
    private const string Runner = "the runner and its files in the root";

    // From the bottom to the top. The root counts as two: what a caller says and hears, and what does the work.
    private static readonly string[] s_order =
    [
        "Text", Data, "Interop", "Hashing", "Storage", "Store", "Host", "Destinations", "Egress", "Ports", "Jobs", "Policies", "Images",
        "Planning", "Resources", "Execution", "Sequence", "Telemetry", "Doctor", Runner,
    ];

    private static readonly string[] s_runner =
    [
        "SandboxRunner", "ThreadedJobs", "SandboxJob", "RunningSandbox", "EnteredProcess", "Entrance", "OneShotRunner", "JobForeground", "JobFile", "JobLimit", "ResultFile", "ResultDestination", "InputFile", "HostPrefix", "ImageStore", "FileStore", "VolumeStore", "SharedNetworks",
        "SandboxPolicy", "SandboxHost", "SandboxTelemetry", "Signals", "ErrnoNames", "NearestName",
    ];

    private static readonly Regex s_runnerName = new($@"\b({string.Join('|', s_runner)})\b");

    [Fact]
    public void A_directory_uses_only_what_is_below_it()
    {
        var upwards = Sources().SelectMany(Uses).Where(use => Height(use.To) > Height(use.From)).Select(use => $"{use.File} ({use.From}) uses {use.To}");

        Assert.Empty(upwards);
    }

    [Fact]
    public void Every_directory_has_its_place_in_the_order()
    {
        var directories = Sources().Select(source => source.Level).Distinct();

        Assert.Equal(s_order.Order(), directories.Order());
    }

    private static int Height(string level) => Array.IndexOf(s_order, level);

    private static IEnumerable<(string File, string Level, string Code)> Sources()
    {
        var sdk = Repository.PathOf("src/Sandbox");
        foreach (var path in Repository.Sources("src/Sandbox", ".cs"))
        {
            var name = Path.GetRelativePath(sdk, path);
            var directory = name.Split('/')[0];
            // Exceptions of the root speak the words of Failures, which name the phases of the root: the two are one.
            var inRoot = s_runner.Contains(Path.GetFileNameWithoutExtension(name)) ? Runner : Data;
            yield return (name, directory == name || directory == "Failures" ? inRoot : directory, NotCode().Replace(File.ReadAllText(path), ""));
        }
    }

    // A directory is a namespace: to use it, a file opens it or names it.
    private static IEnumerable<(string File, string From, string To)> Uses((string File, string Level, string Code) source)
    {
        var named = Opened().Matches(source.Code).Select(match => match.Groups[1].Value).Where(s_order.Contains);
        if (source.Level != Runner && s_runnerName.IsMatch(source.Code))
        {
            named = named.Append(Runner);
        }

        return named.Distinct().Select(to => (source.File, source.Level, to));
    }

    [GeneratedRegex("""//.*|"(?:[^"\\\n]|\\.)*" """, RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex NotCode();

    [GeneratedRegex(@"(?:^using |[^\w.])(?:Sandbox\.)?([A-Z]\w+)(?:;|\.[A-Z\w])", RegexOptions.Multiline)]
    private static partial Regex Opened();
}
