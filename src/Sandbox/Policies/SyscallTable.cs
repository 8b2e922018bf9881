using System.Globalization;
using Sandbox.Interop.Generated;

namespace Sandbox.Policies;

/// <summary>
/// Names and numbers of the system calls up to Linux 6.18, from the kernel's headers: libseccomp 2.5 does not
/// know the newer ones. Nothing here is touched by a job that runs under a built-in policy and keeps to it.
/// </summary>
internal static class SyscallTable
{
    public const uint X8664 = LibSeccomp.SCMP_ARCH_X86_64;
    public const uint Aarch64 = LibSeccomp.SCMP_ARCH_AARCH64;
    public const uint I386 = LibSeccomp.SCMP_ARCH_X86;

    private const uint Arm = LibSeccomp.SCMP_ARCH_ARM;
    private const uint X32Bit = 0x4000_0000;

    private static readonly Lazy<Dictionary<string, int?[]>> s_rows = new(Read);

    /// <summary>Every name, of any architecture.</summary>
    public static IReadOnlyCollection<string> Names => s_rows.Value.Keys;

    /// <summary>The architectures that policies are compiled for.</summary>
    public static IReadOnlyList<uint> Architectures { get; } = [X8664, Aarch64];

    public static bool IsKnown(string name) => s_rows.Value.ContainsKey(name);

    /// <summary>The number of a call, or null where the architecture lacks it.</summary>
    public static int? Number(string name, uint auditArch) =>
        Column(auditArch) is { } column && s_rows.Value.TryGetValue(name, out var numbers) ? numbers[column] : null;

    /// <summary>The name of a call, or <c>unknown</c>.</summary>
    public static string Name(int number, uint auditArch)
    {
        if (Column(auditArch) is not { } column)
        {
            return "unknown";
        }

        var plain = IsX32(number, auditArch) ? number & ~(int)X32Bit : number;
        foreach (var (name, numbers) in s_rows.Value)
        {
            if (numbers[column] == plain)
            {
                return name;
            }
        }

        return "unknown";
    }

    /// <summary>The kernel's word for an <c>AUDIT_ARCH_</c> value, or the value itself.</summary>
    public static string ArchName(uint auditArch) => auditArch switch
    {
        X8664 => "x86_64",
        Aarch64 => "aarch64",
        I386 => "i386",
        Arm => "arm",
        _ => $"0x{auditArch:x8}",
    };

    /// <summary>
    /// Whether the number belongs to the x32 ABI, which shares x86_64's AUDIT_ARCH. -1 does not: it is what the
    /// kernel shows where a tracer has skipped the call.
    /// </summary>
    public static bool IsX32(int number, uint auditArch) =>
        auditArch == X8664 && (uint)number >= X32Bit && number != -1;

    private static int? Column(uint auditArch) => auditArch switch
    {
        X8664 => 0,
        Aarch64 => 1,
        I386 => 2,
        _ => null,
    };

    private static Dictionary<string, int?[]> Read()
    {
        var rows = new Dictionary<string, int?[]>(512, StringComparer.Ordinal);
        foreach (var row in TableFile.Rows("syscalls.txt"))
        {
            var numbers = new int?[row.Length - 1];
            for (var i = 0; i < numbers.Length; i++)
            {
                numbers[i] = row[i + 1] == "-" ? null : int.Parse(row[i + 1], CultureInfo.InvariantCulture);
            }

            rows.Add(row[0], numbers);
        }

        return rows;
    }
}

/// <summary>Reads a table of words that is embedded as a resource; <c>#</c> starts a comment line.</summary>
internal static class TableFile
{
    public static IEnumerable<string[]> Rows(string name)
    {
        using var stream = typeof(TableFile).Assembly.GetManifestResourceStream($"tables/{name}")
            ?? throw new SandboxException($"the table {name} is missing from this build");
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
        {
            if (line.Length > 0 && line[0] != '#')
            {
                yield return line.Split(' ');
            }
        }
    }
}
