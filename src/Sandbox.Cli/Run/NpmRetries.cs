using System.Text.RegularExpressions;

namespace Sandbox.Cli.Run;

/// <summary>
/// npm (make-fetch-happen, since npm 7) tries again after 10 and 60 seconds whatever the error is, a name that does not exist too.
/// Without a network that is in vain, and looks like a job that hangs.
/// </summary>
internal static partial class NpmRetries
{
    private const string Variable = "npm_config_fetch_retries";

    /// <summary>Sets the variable that says so for a command that speaks of npm, unless the job has a network or says something itself.</summary>
    public static void AddTo(Dictionary<string, string> env, Network network, IReadOnlyList<string> command)
    {
        var isSaid = env.Keys.Any(name => name.Equals(Variable, StringComparison.OrdinalIgnoreCase));
        if (network is NoNetwork && !isSaid && command.Any(word => Npm().IsMatch(word)))
        {
            env[Variable] = "0";
        }
    }

    [GeneratedRegex(@"(?<![\w.-])p?np[mx](?![\w.-])", RegexOptions.CultureInvariant)]
    private static partial Regex Npm();
}
