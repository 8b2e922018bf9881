using Sandbox.Running;

namespace Sandbox.Server.Listening;

/// <summary>Where the server listens unless it was told.</summary>
internal static class DefaultSocket
{
    /// <summary>Its path, in a directory that is this user's alone.</summary>
    /// <exception cref="IOException">There is no such directory and none can be made.</exception>
    public static string Path(string? runtimeDirectory) => RunDirectory.PrivatePlace(runtimeDirectory) + "/sandbox.sock";
}
