using System.Text;

namespace Sandbox.Cli.Run;

/// <summary>
/// <c>--env</c> and <c>--env-file</c> by Docker's rules: a value is everything after the first <c>=</c>, quotes and all.
/// Unlike there, a variable that is to be taken from the caller and is not set is an error.
/// </summary>
internal static class EnvFile
{
    // No program could be started with as much (execve(2), "Limits on size of arguments and environment").
    private const int MaxBytes = 4 << 20;

    // Undecodable bytes are an error here; the framework would replace them.
    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static string? Apply(JobDraft draft, string file)
    {
        string text;
        try
        {
            text = s_strict.GetString(InputFile.Read(file, MaxBytes)).TrimStart('\uFEFF');
        }
        catch (IOException failure)
        {
            return "cannot be read: " + failure.Message;
        }
        catch (DecoderFallbackException)
        {
            return "is not UTF-8";
        }

        var number = 0;
        foreach (var given in text.Split('\n'))
        {
            number++;
            var line = given.TrimEnd('\r').TrimStart();
            if (line.Length > 0 && line[0] != '#' && ApplyLine(draft, line, isOfFile: true) is { } problem)
            {
                return string.Create(System.Globalization.CultureInfo.InvariantCulture, $"line {number}: {problem}");
            }
        }

        return null;
    }

    /// <summary><c>NAME=VALUE</c>, or <c>NAME</c> for the caller's value; returns what is wrong, or null.</summary>
    public static string? ApplyLine(JobDraft draft, string line, bool isOfFile)
    {
        var equals = line.IndexOf('=');
        var name = equals < 0 ? line : line[..equals];
        if (name.Length == 0 || name.AsSpan().IndexOfAny(" \t") >= 0)
        {
            return "must be NAME=VALUE or NAME, and a name has no spaces";
        }

        var value = equals < 0 ? draft.CallersVariable(name) : line[(equals + 1)..];
        if (value is null)
        {
            return $"{name} is not set: give it a value, {name}=VALUE";
        }

        if (equals < 0 && ProcessText.IsDamaged(value, "/proc/self/environ"))
        {
            return $"the value of {name} is not UTF-8, which a job's variables must be";
        }

        draft.SetVariable(name, value, isOfFile);
        return null;
    }
}
