namespace Sandbox.KernelTests;

/// <summary>What runs on the host, as /proc shows it.</summary>
internal static class HostProcesses
{
    /// <summary>The processes that have this text in their command line, this test itself aside.</summary>
    public static IReadOnlyList<int> WithArgument(string text) =>
        [.. All().Where(pid => pid != Environment.ProcessId && CommandLine(pid).Contains(text, StringComparison.Ordinal))];

    /// <summary>The children of this process, zombies included.</summary>
    public static IReadOnlyList<int> Children() => ChildrenOf(Environment.ProcessId);

    /// <summary>The children of a process, zombies included.</summary>
    public static IReadOnlyList<int> ChildrenOf(int parent) => [.. All().Where(pid => ParentOf(pid) == parent)];

    /// <summary>
    /// The processes whose real user is that of this process; only telling for a user that does nothing else. Dead ones that
    /// only wait for the host's pid 1 to reap them, whenever that is, are not counted.
    /// </summary>
    public static IReadOnlyList<int> OfThisUser()
    {
        var own = UserOf(Environment.ProcessId);
        return [.. All().Where(pid => UserOf(pid) == own && !IsLeftToInit(pid))];
    }

    /// <summary>It is pid 1 of its namespace.</summary>
    public static bool IsFirst(int pid) =>
        Read($"/proc/{pid}/status").Split('\n').Any(static line => line.StartsWith("NSpid:", StringComparison.Ordinal) && line.EndsWith("\t1", StringComparison.Ordinal));

    /// <summary>A process in words, for a failed test.</summary>
    public static string Describe(int pid) => $"{pid}: {CommandLine(pid)} ({Read($"/proc/{pid}/comm").TrimEnd()})";

    private static string UserOf(int pid) =>
        Read($"/proc/{pid}/status").Split('\n').FirstOrDefault(line => line.StartsWith("Uid:", StringComparison.Ordinal)) ?? "";

    private static IEnumerable<int> All() =>
        Directory.EnumerateDirectories("/proc").Select(Path.GetFileName).Where(name => int.TryParse(name, out _)).Select(name => int.Parse(name!, null));

    private static string CommandLine(int pid) => Read($"/proc/{pid}/cmdline").Replace('\0', ' ');

    private static int ParentOf(int pid) => AfterName(pid) is { Length: > 1 } fields ? int.Parse(fields[1], null) : -1;

    private static bool IsLeftToInit(int pid) => AfterName(pid) is ["Z", "1", ..];

    private static string[] AfterName(int pid) => Read($"/proc/{pid}/stat").Split(") ").Last().Split(' ');

    // A process may end between the listing and the reading.
    private static string Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
