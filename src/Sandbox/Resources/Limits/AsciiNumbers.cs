namespace Sandbox.Resources.Limits;

/// <summary>Reads the decimal columns of procfs files without allocating.</summary>
internal static class AsciiNumbers
{
    /// <summary>Takes the next run of digits off the front; a minus sign makes it count as zero. False if none is left on this line.</summary>
    public static bool TakeNumber(ref ReadOnlySpan<byte> text, out long number)
    {
        number = 0;
        var at = 0;
        while (at < text.Length && text[at] is (byte)' ' or (byte)'\t')
            at++;

        var isNegative = at < text.Length && text[at] == (byte)'-';
        if (isNegative)
            at++;

        var start = at;
        for (; at < text.Length && text[at] is >= (byte)'0' and <= (byte)'9'; at++)
            number = unchecked((number * 10) + (text[at] - '0'));

        if (isNegative || number < 0)
            number = 0;
        if (at == start)
            return false;

        text = text[at..];
        return true;
    }

    /// <summary>Skips columns that are not needed, whatever they hold. False if the line has fewer.</summary>
    public static bool SkipColumns(ref ReadOnlySpan<byte> text, int count)
    {
        for (; count > 0; count--)
        {
            text = text.TrimStart((byte)' ');
            var end = text.IndexOf((byte)' ');
            if (end <= 0)
                return false;

            text = text[end..];
        }

        return true;
    }

    /// <summary>A whole name that is a process id.</summary>
    public static bool IsPid(ReadOnlySpan<byte> name, out int pid)
    {
        var isNumber = TakeNumber(ref name, out var number) && name.IsEmpty && number is > 0 and <= int.MaxValue;
        pid = isNumber ? (int)number : 0;
        return isNumber;
    }
}
