namespace Sandbox.Resources.Limits;

/// <summary>Proportional shares of one process in bytes (<c>/proc/PID/smaps_rollup</c>, proc_pid_smaps(5)).</summary>
internal readonly record struct SmapsRollup
{
    /// <summary>Anonymous memory in RAM, pages shared since fork(2) divided among their users.</summary>
    public required long Anonymous { get; init; }

    /// <summary>Memory in swap.</summary>
    public required long Swap { get; init; }

    /// <summary>Reads the file's text; false if the figure is missing (Pss_Anon: Linux 5.4).</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out SmapsRollup rollup)
    {
        rollup = default;
        if (!Find(text, "\nPss_Anon:"u8, out var anonymous))
            return false;

        Find(text, "\nSwapPss:"u8, out var swap);
        rollup = new() { Anonymous = anonymous, Swap = swap };
        return true;
    }

    private static bool Find(ReadOnlySpan<byte> text, ReadOnlySpan<byte> name, out long bytes)
    {
        bytes = 0;
        var at = text.IndexOf(name);
        if (at < 0)
            return false;

        var rest = text[(at + name.Length)..];
        var isNumber = AsciiNumbers.TakeNumber(ref rest, out var kibibytes);
        bytes = kibibytes * 1024;
        return isNumber;
    }
}
