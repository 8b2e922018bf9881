using System.Globalization;
using System.Text;
using Sandbox.Cli.Run;
using Sandbox.Running;

namespace Sandbox.Cli.Running;

/// <summary>A detached run as a unit of the systemd user manager (systemd.service(5)), which starts it with the session or the machine, and again after a failure.</summary>
internal static class SystemdUnit
{
    // What the manager does by itself.
    private static readonly string[] s_ofDetaching = ["detach", "log-size", "rm"];

    /// <summary>The text of the unit.</summary>
    public static string Of(KeptRun run)
    {
        var arguments = RunArguments.Parse(run.Arguments);
        var words = new List<string> { run.Program, "run" };
        foreach (var option in arguments.Options.Where(static option => !s_ofDetaching.Contains(option.Option.Name)))
        {
            words.Add(option.Spelling);
            if (!option.Option.IsSwitch)
            {
                words.Add(option.Value);
            }
        }

        words.Add("--");
        words.AddRange(arguments.Command);
        var text = new StringBuilder()
            .AppendLine("[Unit]")
            .Append("Description=Sandbox ").AppendLine(Text(run.Name ?? run.Id))
            .AppendLine()
            .AppendLine("[Service]")
            .AppendLine("Type=exec");
        foreach (var name in arguments.Options.Where(static option => option.Option.Name == "env" && !option.Value.Contains('=')).Select(static option => option.Value))
        {
            text.Append("# -e ").Append(Text(name)).Append(" takes the manager's value: systemctl --user import-environment ").AppendLine(Text(name));
        }

        return text
            .Append("WorkingDirectory=").AppendLine(Text(run.Directory.Length == 0 ? "/" : run.Directory))
            .Append("ExecStart=").AppendLine(string.Join(' ', words.Select(Word)))
            .AppendLine("Restart=on-failure")
            .AppendLine("# the job's control groups are made below that of the unit")
            .AppendLine("Delegate=yes")
            .AppendLine("# the job hears of SIGTERM from the command; what is left is killed")
            .AppendLine("KillMode=mixed")
            .AppendLine("TimeoutStopSec=10s")
            .AppendLine()
            .AppendLine("[Install]")
            .Append("WantedBy=default.target")
            .ToString();
    }

    // systemd.service(5), "Command lines": in double quotes, with escapes as in C; % and $ stand for something unless doubled.
    private static string Word(string word)
    {
        var text = Text(word, isQuoted: true).Replace("$", "$$", StringComparison.Ordinal);
        return text.Length > 0 && text.All(static c => char.IsAsciiLetterOrDigit(c) || "-_./:=,@+".Contains(c)) ? text : $"\"{text}\"";
    }

    private static string Text(string text) => Text(text, isQuoted: false);

    private static string Text(string text, bool isQuoted)
    {
        var escaped = new StringBuilder();
        foreach (var c in text)
        {
            if (c == '%')
            {
                escaped.Append("%%");
            }
            else if (isQuoted && (c is '\\' or '"'))
            {
                escaped.Append('\\').Append(c);
            }
            else if (char.IsControl(c))
            {
                escaped.Append(isQuoted ? string.Create(CultureInfo.InvariantCulture, $"\\x{(int)c:x2}") : " ");
            }
            else
            {
                escaped.Append(c);
            }
        }

        return escaped.ToString();
    }
}
