
namespace Sandbox.Cli.Run;

/// <summary><c>--collect PATH=TO[:OPTIONS]</c>: an entry of <c>outputs</c>.</summary>
internal static class CollectOption
{
    public static string? Apply(JobDraft draft, string value)
    {
        var equals = value.IndexOf('=');
        if (equals <= 0)
        {
            return "must be PATH=TO[:OPTIONS]";
        }

        var to = value[(equals + 1)..];
        var colon = to.LastIndexOf(':');
        string[] options = colon < 0 ? [] : to[(colon + 1)..].Split(',');

        // Names with colons are common enough: only what looks like options is taken for them.
        if (!Array.TrueForAll(options, IsOption))
        {
            (colon, options) = (-1, []);
        }

        var spec = new OutputSpec { Path = Path.TrimEndingDirectorySeparator(value[..equals]), To = "" };
        return Read(options, ref spec) ?? draft.WithPath(colon < 0 ? to : to[..colon], path => draft.Add(spec with { To = path }));
    }

    private static bool IsOption(string option) => option == "optional" || (option.Length > 0 && char.IsAsciiDigit(option[0]));

    private static string? Read(string[] options, ref OutputSpec output)
    {
        foreach (var option in options)
        {
            if (option == "optional")
            {
                output = output with { Optional = true };
                continue;
            }

            if (CommandQuantity.Size(option, out var bytes) is { } problem)
            {
                return $"the size {option} {problem}";
            }

            output = output with { MaxSizeBytes = bytes };
        }

        return null;
    }
}
