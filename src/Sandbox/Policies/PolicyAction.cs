using Sandbox.Interop.Generated;

namespace Sandbox.Policies;

/// <summary>The <c>SECCOMP_RET_</c> values that actions in policy files stand for.</summary>
internal static class PolicyAction
{
    public const uint Allow = LibSeccomp.SECCOMP_RET_ALLOW;

    public const uint Log = LibSeccomp.SECCOMP_RET_LOG;

    /// <summary>
    /// A wait status cannot tell a seccomp kill from a SIGSYS the job sent itself, so the call is notified:
    /// pid 1 of the job reports it and kills the tree (seccomp_unotify(2)).
    /// </summary>
    public const uint Kill = LibSeccomp.SECCOMP_RET_USER_NOTIF;

    /// <summary>
    /// As <see cref="Kill"/> to the kernel; pid 1 of the job tells them apart by the data, asks nobody, and lets the call go on
    /// (native/launcher/witness.c).
    /// </summary>
    public const uint Witness = LibSeccomp.SECCOMP_RET_USER_NOTIF | 1;

    /// <summary>The same for a socket with which names can be asked, before which pid 1 sees to it that they are answered for (native/launcher/lookups.c).</summary>
    public const uint WitnessSocket = LibSeccomp.SECCOMP_RET_USER_NOTIF | 2;

    /// <summary>What the action <c>errno EPERM</c> stands for.</summary>
    public const uint NotPermitted = Errno | Eperm;

    /// <summary>What the action <c>errno ENOMEM</c> stands for.</summary>
    public const uint OutOfMemory = Errno | Enomem;

    /// <summary>What the action <c>errno ENOSYS</c> stands for.</summary>
    public const uint NotImplemented = Errno | Enosys;

    private const uint Errno = LibSeccomp.SECCOMP_RET_ERRNO;
    private const uint Eperm = 1;
    private const uint Enomem = 12;
    private const uint Enosys = 38;

    /// <summary>Whether the kernel carries out a call that gets the action.</summary>
    public static bool LetsThrough(uint action) => action is Allow or Log;

    /// <summary>The action a policy names, or what is wrong with it.</summary>
    public static bool TryParse(string text, out uint action, out string problem)
    {
        problem = "";
        action = text switch
        {
            "allow" => Allow,
            "log" => Log,
            "kill" => Kill,
            _ => 0,
        };
        if (action != 0)
        {
            return true;
        }

        problem = text == "notify"
            ? "\"notify\" is not supported yet"
            : $"unknown action \"{text}\": expected \"allow\", \"errno NAME\", \"kill\" or \"log\"";
        if (!text.StartsWith("errno ", StringComparison.Ordinal))
        {
            return false;
        }

        var name = text["errno ".Length..];
        problem = $"unknown errno \"{name}\"";
        if (!name.StartsWith('E') || !ArgumentNames.TryFind(name, out var number))
        {
            return false;
        }

        action = Errno | (uint)number;
        return true;
    }
}
