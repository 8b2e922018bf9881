using System.Runtime.InteropServices;

namespace Sandbox.Cli.Interop;

/// <summary>How much memory this process may map.</summary>
internal static partial class AddressSpace
{
    private const int Resource = 9; // RLIMIT_AS

    /// <summary>Nothing bounds it (getrlimit(2), RLIM_INFINITY).</summary>
    public static bool IsUnbounded => getrlimit(Resource, out var limit) < 0 || limit.Soft == nuint.MaxValue;

    [LibraryImport("libc")]
    private static partial int getrlimit(int resource, out Limit limit);

    // struct rlimit
    private readonly record struct Limit(nuint Soft, nuint Hard);
}
