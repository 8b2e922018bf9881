using Sandbox.Host;

namespace Sandbox.Tests.Host;

/// <summary>Control groups the tests speak of: the caller's to divide, and with nobody in them, unless said otherwise.</summary>
internal static class Cgroups
{
    public static CgroupFolderFacts Version2(string folder, params string[] controllers) => new()
    {
        Folder = folder,
        Controllers = controllers,
        Writable = true,
    };

    public static CgroupFolderFacts Version1(string folder, params string[] controllers) => Version2(folder, controllers);

    public static CgroupFolderFacts Foreign(string folder, params string[] controllers) => Version2(folder, controllers) with { Writable = false };
}
