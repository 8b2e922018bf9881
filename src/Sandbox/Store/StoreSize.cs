using System.Globalization;
using Sandbox.Text;

namespace Sandbox.Store;

/// <summary>How large the store may become before files that were not used for long are removed.</summary>
internal static class StoreSize
{
    /// <summary>Without a word of anybody: 10 GiB.</summary>
    public const long Default = 10L << 30;

    private const string Variable = "SANDBOX_STORE_SIZE";

    /// <summary>SANDBOX_STORE_SIZE, else the default.</summary>
    /// <exception cref="FormatException">The variable's text is no size.</exception>
    public static long OfEnvironment() => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } text ? Parse(text, Variable) : Default;

    /// <summary>A size, or whole bytes without a unit.</summary>
    /// <exception cref="FormatException">The text is neither; the message begins with <paramref name="name"/>.</exception>
    public static long Parse(string text, string name)
    {
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return number;
        }

        return Quantity.ParseSize(text, out var bytes, out _) is not { } problem ? bytes : throw new FormatException($"{name} {problem}");
    }
}

/// <summary>A file of the store that a job asks for.</summary>
/// <param name="Sha256">64 hexadecimal digits.</param>
/// <param name="Pointer">JSON pointer of the member that named it.</param>
internal readonly record struct StoredName(string Sha256, string Pointer)
{
    /// <summary>All that a job asks for; most ask for none.</summary>
    public static List<StoredName> Of(JobSpec spec)
    {
        var names = new List<StoredName>();
        for (var index = 0; index < spec.Mounts.Count; index++)
        {
            if (spec.Mounts[index] is StoredMount mount)
            {
                names.Add(new(mount.Sha256, $"/mounts/{index}/source"));
            }
        }

        foreach (var file in spec.Files)
        {
            if (file.Content is StoredContent content)
            {
                names.Add(new(content.Sha256, $"/files/{Sandbox.Text.JsonPointer.Escape(file.Path)}/from"));
            }
        }

        if (spec.Stdin is ContentStdin { Content: StoredContent stdin })
        {
            names.Add(new(stdin.Sha256, "/stdin/from"));
        }

        return names;
    }
}
