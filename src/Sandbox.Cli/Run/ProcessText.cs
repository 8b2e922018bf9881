using System.Text.Unicode;

namespace Sandbox.Cli.Run;

/// <summary>
/// Finds out whether the framework changed what the caller gave: it decodes arguments and variables as UTF-8 and puts
/// U+FFFD for anything else, and a job would get other bytes than were written for it.
/// </summary>
internal static class ProcessText
{
    /// <summary>The text came from bytes of this file (proc(5)) that are no UTF-8.</summary>
    public static bool IsDamaged(string text, string file)
    {
        if (!text.Contains('\uFFFD'))
        {
            return false;
        }

        try
        {
            return !Utf8.IsValid(File.ReadAllBytes(file));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Nobody can tell, so the worse is assumed.
            return true;
        }
    }
}
