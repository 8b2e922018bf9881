using System.Text;
using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;

namespace Sandbox.Destinations;

/// <summary>Names of files that have none yet: no one can guess them, or plant anything at them.</summary>
internal static class PassingNames
{
    private const string Prefix = ".sandbox-";
    private const string Suffix = ".part";
    private const int Length = 32 + 9 + 5;
    private const int BufferBytes = 32 << 10;

    /// <summary>Between being made and being locked a file is nobody's.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromMinutes(1);

    /// <summary>122 random bits.</summary>
    public static string New() => $"{Prefix}{Guid.NewGuid():n}{Suffix}";

    /// <summary>Removes what writers that were killed have left in a directory: files of such a name that nobody locks.</summary>
    public static void Sweep(SafeFileHandle directory, TimeSpan grace)
    {
        if (Libc.OpenAt(directory, ".\0"u8, OpenFlags.ReadOnly | OpenFlags.Directory, out var listing) is var error && error < 0)
        {
            listing.Dispose();
            return;
        }

        using (listing)
        {
            var left = new List<string>();
            var reader = new DirectoryReader(BufferBytes);
            reader.Attach(listing);
            while (reader.Next(out var name))
            {
                if (name.Length == Length && name.StartsWith(".sandbox-"u8) && name.EndsWith(".part"u8))
                {
                    left.Add(Encoding.UTF8.GetString(name));
                }
            }

            foreach (var name in left)
            {
                RemoveIfLeft(directory, name, grace);
            }
        }
    }

    private static void RemoveIfLeft(SafeFileHandle directory, string name, TimeSpan grace)
    {
        // To write, since network file systems lock no other file exclusively (flock(2), "NFS details").
        var flags = OpenFlags.WriteOnly | OpenFlags.NoFollow | OpenFlags.NonBlocking | OpenFlags.NoControllingTerminal;
        var error = Libc.OpenAt(directory, Encoding.UTF8.GetBytes(name + '\0'), flags, out var file);
        using (file)
        {
            if (error < 0 || Libc.Status(file, out var status) < 0 || status.Kind != FileKind.Regular)
            {
                return;
            }

            var age = DateTimeOffset.UtcNow - DateTimeOffset.FromUnixTimeSeconds(status.Changed.Seconds);
            if (age >= grace && Libc.TryLock(file) == 0)
            {
                _ = Libc.UnlinkAt(directory, name);
            }
        }
    }
}
