using System.Runtime.InteropServices;

namespace Sandbox.Interop;

// Whose rights the calling thread has to files, and no other thread: the kernel is asked itself, because setgroups of the C library tells the
// others (nptl(7)), and the oldest C library that is supported is linked against without the rest (native/README.md).

internal static partial class Libc
{
    private const int GetDumpable = 3; // PR_GET_DUMPABLE
    private const int SetDumpable = 4;

    private static readonly bool s_isArm64 = RuntimeInformation.ProcessArchitecture == Architecture.Arm64;
    private static readonly nint s_setgroups = s_isArm64 ? 159 : 116;
    private static readonly nint s_setfsuid = s_isArm64 ? 151 : 122;
    private static readonly nint s_setfsgid = s_isArm64 ? 152 : 123;

    /// <summary>Sets the user whose rights to files this thread has (setfsuid(2)); false if it has not.</summary>
    /// <remarks>With one that is not 0 the capabilities that overrule permissions of files are not effective (capabilities(7)).</remarks>
    public static bool SetFileUid(uint uid)
    {
        _ = SetFileId(s_setfsuid, (nint)uid);
        return SetFileId(s_setfsuid, -1) == (nint)uid;
    }

    /// <inheritdoc cref="SetFileUid"/>
    public static bool SetFileGid(uint gid)
    {
        _ = SetFileId(s_setfsgid, (nint)gid);
        return SetFileId(s_setfsgid, -1) == (nint)gid;
    }

    /// <summary>Sets the supplementary groups of this thread alone; 0 or the negated errno.</summary>
    public static int SetGroupsOfThisThread(ReadOnlySpan<uint> groups) => Check(setgroups(s_setgroups, groups.Length, in MemoryMarshal.GetReference(groups)));

    /// <summary>Whether this process may be traced and dumped (prctl(2), PR_GET_DUMPABLE).</summary>
    public static int Dumpable() => prctl(GetDumpable, 0, 0, 0, 0);

    /// <inheritdoc cref="Dumpable()"/>
    public static void SetDumpableAgain(int value) => _ = prctl(SetDumpable, value, 0, 0, 0);

    // What it was before: there is no error. The kernel's answer has 32 bits for ids of 32 bits.
    [LibraryImport("libc", EntryPoint = "syscall")]
    private static partial nint SetFileId(nint number, nint id);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint setgroups(nint number, nint count, in uint groups);

    [LibraryImport("libc")]
    private static partial int prctl(int option, nint first, nint second, nint third, nint fourth);
}
