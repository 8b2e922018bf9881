namespace Sandbox.KernelTests;

/// <summary>What a test cannot do without; where it is missing the test is skipped with the reason.</summary>
[Flags]
public enum Needs
{
    /// <summary>Any Linux the sandbox supports, any user.</summary>
    Nothing = 0,

    /// <summary>The tests run as real root.</summary>
    Root = 1,

    /// <summary>The tests run as an unprivileged user.</summary>
    Unprivileged = 2,

    /// <summary>An x86_64 machine.</summary>
    X64 = 4,

    /// <summary>Landlock is compiled in and switched on.</summary>
    Landlock = 8,

    /// <summary>/dev/shm is a mount of its own, so that /dev is a tree with a writable submount.</summary>
    SharedMemoryMount = 16,

    /// <summary>The kernel runs on the machine itself: in user-mode Linux everything is slow and system time is not charged.</summary>
    NativeKernel = 32,

    /// <summary>Swap is on.</summary>
    Swap = 64,

    /// <summary>Control groups hold memory: SANDBOX_EXPECT says so.</summary>
    ControlGroups = 128,

    /// <summary>A control group directory of version 2 that is named by SANDBOX_CGROUP.</summary>
    NamedGroup2 = 256,

    /// <summary>The user has subordinate ids and the programs that map them, or is real root.</summary>
    SubIds = 512,

    /// <summary>The host has /dev/net/tun or /dev/fuse or /dev/kvm or /dev/loop-control.</summary>
    Device = 1024,

    /// <summary>Real root, and a freezer of control groups version 1.</summary>
    Freezer = 2048,

    /// <summary>The user may open /dev/fuse, and mount it in a user namespace of its own.</summary>
    FileServer = 4096,

    /// <summary>The kernel redirects connections in a network namespace of a user (nf_tables).</summary>
    Redirect = 8192,

    /// <summary>A systemd user manager to which control groups were delegated: SANDBOX_EXPECT says so.</summary>
    Manager = 16384,
}
