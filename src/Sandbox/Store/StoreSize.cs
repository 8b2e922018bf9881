using System.Globalization;
using Sandbox.Text;

namespace Sandbox.Store;

/// <summary>How large the store may become before files that were not used for long are removed.</summary>
internal static class StoreSize
{
    /// <summary>Without a word of anybody: 10 GiB.</summary>
    public const long Default = 10L << 30;

    private const string Variable = "SANDBOX_STORE_SIZE";

    /// <summary>What was given, else SANDBOX_STORE_SIZE, else the default.</summary>
    /// <exception cref="ArgumentException">The text is no size.</exception>
    public static long Of(string? given)
    {
        var text = given ?? Environment.GetEnvironmentVariable(Variable);
        if (string.IsNullOrEmpty(text))
            return Default;
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            return number;
        return Quantity.ParseSize(text, out var bytes, out _) is not { } problem ? bytes
            : throw new ArgumentException($"{(given is null ? Variable : "--max-size")} {problem}");
    }
}
