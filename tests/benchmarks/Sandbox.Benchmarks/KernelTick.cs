using System.Globalization;
using System.IO.Compression;

namespace Sandbox.Benchmarks;

/// <summary>How often this kernel charges a running process: sysconf(_SC_CLK_TCK) does not tell, it is 100 everywhere.</summary>
internal static class KernelTick
{
    /// <summary>The time between two ticks; null where the kernel's configuration cannot be read.</summary>
    public static TimeSpan? Length { get; } = Find();

    private static TimeSpan? Find()
    {
        const string key = "CONFIG_HZ=";
        var line = Configuration()?.Split('\n').FirstOrDefault(line => line.StartsWith(key, StringComparison.Ordinal));
        return line is null ? null : TimeSpan.FromSeconds(1.0 / int.Parse(line.AsSpan(key.Length), CultureInfo.InvariantCulture));
    }

    private static string? Configuration()
    {
        try
        {
            var release = File.ReadAllText("/proc/sys/kernel/osrelease").Trim();
            if (File.Exists($"/boot/config-{release}"))
            {
                return File.ReadAllText($"/boot/config-{release}");
            }

            using var packed = new GZipStream(File.OpenRead("/proc/config.gz"), CompressionMode.Decompress);
            using var text = new StreamReader(packed);
            return text.ReadToEnd();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
