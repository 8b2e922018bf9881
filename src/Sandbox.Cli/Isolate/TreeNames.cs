using Microsoft.Win32.SafeHandles;
using Sandbox.Cli.Interop;

namespace Sandbox.Cli.Isolate;

/// <summary>The names in a directory, as bytes: a job may have given any.</summary>
internal static class TreeNames
{
    private const int BufferBytes = 32 << 10;

    // struct linux_dirent64
    private const int LengthAt = 16;
    private const int NameAt = 19;

    /// <summary>Reads them one after the other, from where the directory stands; not <c>.</c> and <c>..</c>.</summary>
    /// <exception cref="IsolateException">They cannot be read.</exception>
    public static IEnumerable<byte[]> Of(SafeFileHandle directory)
    {
        var buffer = new byte[BufferBytes];
        int count;
        while ((count = IsolateException.Check(TreeCalls.ReadEntries(directory, buffer), "a directory cannot be read")) > 0)
        {
            for (var start = 0; start < count; start += BitConverter.ToUInt16(buffer, start + LengthAt))
            {
                var end = Array.IndexOf(buffer, (byte)0, start + NameAt);
                var name = buffer[(start + NameAt)..end];
                if (name is not ([(byte)'.'] or [(byte)'.', (byte)'.']))
                {
                    yield return name;
                }
            }
        }
    }
}
