using System.Globalization;

namespace Sandbox.Cli.Manual;

/// <summary>One page of the manual: sandbox(1), one for each first word of commands, and sandbox-job(5).</summary>
/// <param name="Name">Such as <c>sandbox-run</c>.</param>
/// <param name="Section">1 for commands, 5 for files.</param>
/// <param name="Write">Writes what stands below the heading.</param>
internal sealed record ManualPage(string Name, int Section, Action<Roff> Write)
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<ManualPage> All =>
    [
        new("sandbox", 1, CommandPages.WriteOverview),
        .. CommandTable.Groups.Select(group => new ManualPage("sandbox-" + group.Name, 1, page => CommandPages.Write(page, group.Name))),
        new("sandbox-job", 5, JobPage.Write),
    ];

    /// <summary>The page about the first of these words; that of the whole for none, and null where there is none.</summary>
    public static ManualPage? About(string topic) =>
        All.FirstOrDefault(page => page.Name == (topic.Length == 0 ? "sandbox" : "sandbox-" + topic.Split(' ')[0]));

    /// <summary>The pages that another one refers to.</summary>
    public static IEnumerable<(string Name, int Section)> Others(string name) =>
        All.Where(page => page.Name != name).OrderBy(page => page.Section).ThenBy(page => page.Name, StringComparer.Ordinal).Select(page => (page.Name, page.Section));

    /// <summary>Its file below a directory such as <c>/usr/share/man</c>.</summary>
    public string File => $"man{Section}/{Name}.{Section}";

    /// <summary>The page as troff(1) and mandoc(1) read it.</summary>
    public string Text()
    {
        var page = new Roff(Name, Section, Date());
        Write(page);
        page.SeeAlso(Others(Name));
        return page.ToString();
    }

    // Pages of a release are the same whenever they are made (reproducible-builds.org); those of this program are as old as it is.
    private static string Date()
    {
        var time = long.TryParse(Environment.GetEnvironmentVariable("SOURCE_DATE_EPOCH"), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            ? DateTimeOffset.FromUnixTimeSeconds(Math.Min(seconds, uint.MaxValue))
            : new DateTimeOffset(System.IO.File.GetLastWriteTimeUtc(Environment.ProcessPath ?? "/"));
        return time.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
    }
}
