using System.Globalization;

namespace Sandbox.Host;

/// <summary>What /proc tells of a process of the host.</summary>
internal static class HostProcess
{
    /// <summary>The child that it made first, of those that are left; null where it has none, or the kernel does not tell (proc(5), children).</summary>
    public static int? FirstChildOf(int process)
    {
        try
        {
            var children = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/task/{process}/children"));
            return int.TryParse(children.AsSpan(0, Math.Max(children.IndexOf(' '), 0)), NumberStyles.None, CultureInfo.InvariantCulture, out var child) ? child : null;
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
