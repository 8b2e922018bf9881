namespace Sandbox.Execution;

/// <summary>Where one file goes on the host: what the user wrote, and what the job's names add to it.</summary>
internal sealed record OutputPlace
{
    /// <summary>A folder of the host that the user named, ending with '/'; links in it are the user's and are followed.</summary>
    public required string Folder { get; init; }

    /// <summary>The way from there, without a '/' at either end.</summary>
    public required string Below { get; init; }

    /// <summary>The job chose the names in <see cref="Below"/>: they are created, never followed, and lead nowhere else.</summary>
    public required bool IsOfJob { get; init; }

    /// <summary>JSON pointer of what asked for it.</summary>
    public required string Pointer { get; init; }

    /// <summary>The whole path.</summary>
    public string Path => Folder + Below;

    /// <summary>A file that the user named.</summary>
    public static OutputPlace File(string path, string pointer)
    {
        var name = path.LastIndexOf('/') + 1;
        return new() { Folder = path[..name], Below = path[name..], IsOfJob = false, Pointer = pointer };
    }
}
