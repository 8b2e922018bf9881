namespace Sandbox.Resources.Limits;

/// <summary>Whether the host may swap a job's pages out.</summary>
internal static class HostSwap
{
    private static readonly Lazy<bool> s_isOn = new(Read);

    /// <summary>Swap was on when the first job asked.</summary>
    public static bool IsOn => s_isOn.Value;

    // One heading, then one line per swap area (proc(5)). Where the file cannot be read, swap is assumed.
    private static bool Read()
    {
        try
        {
            return File.ReadAllBytes("/proc/swaps").AsSpan().Count((byte)'\n') > 1;
        }
        catch (IOException)
        {
            return true;
        }
        catch (UnauthorizedAccessException)
        {
            return true;
        }
    }
}
