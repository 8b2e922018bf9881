using Sandbox.Host;

namespace Sandbox.Tests.Host;

/// <summary>Control groups the tests speak of: the caller's to divide, and with nobody in them, unless said otherwise.</summary>
internal static class Cgroups
{
    public static CgroupDirectoryFacts Version2(string directory, params string[] controllers) => new()
    {
        Directory = directory,
        Controllers = controllers,
        Writable = true,
    };

    public static CgroupDirectoryFacts Version1(string directory, params string[] controllers) => Version2(directory, controllers);

    public static CgroupDirectoryFacts Foreign(string directory, params string[] controllers) => Version2(directory, controllers) with { Writable = false };
}
