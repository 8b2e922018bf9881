using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Sandbox.Cli.Interop;

// The framework's own way to start a process knows neither sessions nor bytes that are no UTF-8, and brings threads along that wait for it.

/// <summary>This program, started once more to go on in the background.</summary>
internal static unsafe partial class BackgroundProcess
{
    private const string Self = "/proc/self/exe";

    /// <summary>Starts it with this process's environment, directory and stderr, and nothing else of what this process was given.</summary>
    /// <param name="words">Its arguments, the first of which is its name.</param>
    /// <param name="output">Becomes its stdout.</param>
    /// <returns>0 or the errno.</returns>
    public static int Start(IReadOnlyList<string> words, SafeFileHandle output)
    {
        // Descriptors of whoever started this process would be kept from them: a pipe that is read to its end, a lock (close_range(2), Linux 5.11).
        if (syscall(CloseRange, LowestOwn, uint.MaxValue, CloseRangeCloexec) < 0)
        {
            return Marshal.GetLastPInvokeError();
        }

        var environment = File.ReadAllBytes("/proc/self/environ");
        var count = environment.AsSpan().Count((byte)0);
        var variables = stackalloc byte*[count + 1];
        var arguments = stackalloc byte*[words.Count + 1];
        var actions = stackalloc byte[256]; // sizeof(posix_spawn_file_actions_t) is 80 in glibc and musl
        var memory = new List<nint>();
        try
        {
            for (var index = 0; index < words.Count; index++)
            {
                memory.Add(Marshal.StringToCoTaskMemUTF8(words[index]));
                arguments[index] = (byte*)memory[^1];
            }

            arguments[words.Count] = null;
            fixed (byte* first = environment)
            {
                Split(first, environment.Length, variables);
                if (posix_spawn_file_actions_init(actions) is var error and not 0)
                {
                    return error;
                }

                using var nothing = Descriptors.OpenNull(Descriptors.ReadOnly);
                _ = posix_spawn_file_actions_adddup2(actions, (int)nothing.DangerousGetHandle(), 0);
                _ = posix_spawn_file_actions_adddup2(actions, (int)output.DangerousGetHandle(), 1);
                error = posix_spawn(out _, Self, actions, null, arguments, variables);
                _ = posix_spawn_file_actions_destroy(actions);
                return error;
            }
        }
        finally
        {
            memory.ForEach(Marshal.FreeCoTaskMem);
        }
    }

    /// <summary>Leaves the caller's session, and with it the terminal and its keys (setsid(2)).</summary>
    public static void LeaveSession() => _ = setsid();

    private static void Split(byte* bytes, int length, byte** words)
    {
        var next = 0;
        for (int start = 0, index = 0; index < length; index++)
        {
            if (bytes[index] == 0)
            {
                words[next++] = bytes + start;
                start = index + 1;
            }
        }

        words[next] = null;
    }

    private const nint CloseRange = 436; // of every architecture
    private const nint LowestOwn = 3;
    private const nint CloseRangeCloexec = 4;

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint syscall(nint number, nint first, uint last, nint flags);

    [LibraryImport("libc")]
    private static partial int setsid();

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_init(byte* actions);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_adddup2(byte* actions, int descriptor, int number);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_destroy(byte* actions);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int posix_spawn(out int pid, string path, byte* actions, byte* attributes, byte** arguments, byte** environment);
}
