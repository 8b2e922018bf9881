namespace Sandbox.Running;

/// <summary>
/// Where the sandboxes of a user can be found while they run: a socket for each process that runs jobs, and what detached ones leave. It is this user's alone, and no
/// job gets to see it (HiddenPlace).
/// </summary>
internal sealed class RunDirectory
{
    private const UnixFileMode OnlyUser = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly string _path;

    private RunDirectory(string path) => _path = path;

    /// <summary>The sockets, each with a name that ends in <c>.sock</c>.</summary>
    public string Hosts => _path + "/hosts";

    /// <summary>Of each detached run a directory that is named by its id.</summary>
    public string Runs => _path + "/runs";

    /// <summary>Whoever gives a name to something that runs holds this meanwhile.</summary>
    public string NameLock => _path + "/names.lock";

    /// <summary>The directory of this user, made if need be.</summary>
    /// <exception cref="IOException">There is none and none can be made; the message says why.</exception>
    public static RunDirectory Make(Func<string, string?> variable)
    {
        var runtime = variable("XDG_RUNTIME_DIR");
        var place = PrivatePlace(runtime);
        var directory = new RunDirectory(runtime is ['/', ..] ? place + "/sandbox" : place);
        foreach (var path in (string[])[directory._path, directory.Hosts, directory.Runs])
        {
            if (MakePrivate(path) is null)
            {
                throw new IOException($"{DisplayText.Quote(path)} is not a private directory of this user, and cannot be made one");
            }
        }

        return directory;
    }

    /// <summary>
    /// The same for a command that runs a job, and goes on without. In <c>/tmp</c> it makes nothing: nobody has asked for that.
    /// </summary>
    /// <returns>Null where there is none.</returns>
    public static RunDirectory? Join(Func<string, string?> variable)
    {
        if (variable("XDG_RUNTIME_DIR") is not ['/', ..] && !PathStatus.IsRoot && PathStatus.Of(PlaceInTmp) is null)
        {
            return null;
        }

        try
        {
            return Make(variable);
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>The directory in which this user's sockets are, made if need be.</summary>
    /// <param name="runtimeDirectory">The value of XDG_RUNTIME_DIR; null for none.</param>
    /// <exception cref="IOException">There is none and none can be made.</exception>
    public static string PrivatePlace(string? runtimeDirectory)
    {
        if (runtimeDirectory is ['/', ..])
        {
            return PathStatus.Of(runtimeDirectory) is { IsPrivateDirectory: true }
                ? runtimeDirectory.TrimEnd('/')
                : throw new IOException($"XDG_RUNTIME_DIR: {DisplayText.Quote(runtimeDirectory)} is not a private directory of this user");
        }

        // Only root may make it, or whoever set the machine up has.
        return MakePrivate($"/run/sandbox/{PathStatus.User}") ?? (PathStatus.IsRoot ? null : MakePrivate(PlaceInTmp))
            ?? throw new IOException("no private directory for a socket can be made below /run/sandbox or /tmp: set XDG_RUNTIME_DIR");
    }

    private static string PlaceInTmp => $"/tmp/sandbox-{PathStatus.User}";

    // Looked at after it was made, as whoever came first has it: in a sticky directory nobody can replace what is ours.
    private static string? MakePrivate(string directory)
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
