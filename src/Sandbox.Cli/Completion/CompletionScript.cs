using System.Text;

namespace Sandbox.Cli.Completion;

/// <summary>
/// The scripts that teach a shell the commands and options. What a shell does with them is written by hand, in sandbox.SHELL beside
/// this file; what there is to complete is made of <see cref="CommandTable"/> and stands where the script has a line "#TABLE#".
/// </summary>
internal static class CompletionScript
{
    private const string Place = "#TABLE#\n";

    /// <summary>The shells that there is a script for.</summary>
    public static string[] Shells { get; } = ["bash", "zsh", "fish"];

    /// <summary>The whole script.</summary>
    public static string Of(string shell)
    {
        var text = Encoding.UTF8.GetString(EmbeddedText.Read("sandbox." + shell));
        var table = shell switch
        {
            "bash" => BashTable.Text(),
            "zsh" => ZshTable.Text(),
            _ => FishTable.Text(),
        };
        return text.Replace(Place, table, StringComparison.Ordinal).TrimEnd('\n');
    }

    /// <summary>The words that a command line can begin with, and those that can follow the first word of several commands.</summary>
    public static IEnumerable<(string Name, IReadOnlyList<(string Name, string Summary)> Commands)> Levels() =>
    [
        ("", CommandTable.Groups),
        .. from name in CommandTable.Groups.Select(known => known.Name)
           let within = CommandTable.Within(name).Select(command => (command.Name[(name.Length + 1)..], command.Summary)).ToList()
           where within.Count > 0
           select (name, (IReadOnlyList<(string, string)>)within),
    ];

    /// <summary>A text between single quotes, as bash and zsh read it.</summary>
    public static string Quote(string text) => $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
