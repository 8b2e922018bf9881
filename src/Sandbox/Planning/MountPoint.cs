namespace Sandbox.Planning;

/// <summary>One line of the job's final mount table, as /proc/self/mountinfo will show it (proc(5)). Set-user-id programs are inert in all of them.</summary>
/// <param name="Target">Where it is mounted.</param>
/// <param name="Type">The file system's type; <c>bind</c> for that of the host's folder or file.</param>
internal readonly record struct MountPoint(string Target, string Type)
{
    /// <summary>Nothing can be written through it.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>Nothing can be executed from it.</summary>
    public bool NoExec { get; init; }

    /// <summary>Device nodes in it work.</summary>
    public bool Devices { get; init; }

    /// <summary>It is there only where its source, or what it covers, is: some kernels lack what others have.</summary>
    public bool Perhaps { get; init; }

    /// <summary>Where it comes from on the host; null for what is made for the job.</summary>
    public string? Source { get; init; }

    /// <summary>The options that bear on security, in the order of mountinfo.</summary>
    public string Options => (ReadOnly ? "ro" : "rw") + ",nosuid" + (Devices ? "" : ",nodev") + (NoExec ? ",noexec" : "");
}
