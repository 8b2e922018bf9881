namespace Sandbox.Server.Listening;

/// <summary>Where the server listens unless it was told.</summary>
internal static class DefaultSocket
{
    private const UnixFileMode OnlyUser = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>Its path, in a directory that is this user's alone.</summary>
    /// <exception cref="IOException">There is no such directory and none can be made.</exception>
    public static string Path(string? runtimeDirectory)
    {
        if (runtimeDirectory is ['/', ..])
        {
            return PathStatus.Of(runtimeDirectory) is { IsPrivateDirectory: true }
                ? $"{runtimeDirectory.TrimEnd('/')}/sandbox.sock"
                : throw new IOException($"XDG_RUNTIME_DIR: {DisplayText.Quote(runtimeDirectory)} is not a private directory of this user");
        }

        // Only root may make it, or whoever set the machine up has.
        return $"{Private($"/run/sandbox/{PathStatus.User}") ?? (PathStatus.IsRoot ? null : Private($"/tmp/sandbox-{PathStatus.User}"))
            ?? throw new IOException("no private directory for a socket can be made below /run/sandbox or /tmp: name one by --listen")}/sandbox.sock";
    }

    // Looked at after it was made, as whoever came first has it: in a sticky directory nobody can replace what is ours.
    private static string? Private(string directory)
    {
        try
        {
            var above = Directory.GetParent(directory)!.FullName;
            if (!Directory.Exists(above))
            {
                Directory.CreateDirectory(above);
            }

            Directory.CreateDirectory(directory, OnlyUser);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return null;
        }

        return PathStatus.Of(directory) is { IsPrivateDirectory: true } ? directory : null;
    }
}
