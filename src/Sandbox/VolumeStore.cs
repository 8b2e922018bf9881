using Sandbox.Store;

namespace Sandbox;

/// <summary>
/// The volumes of this user: directories that are kept under names, for jobs to write to (<see cref="VolumeMount"/>), one after the other or several at once.
/// </summary>
/// <param name="directory">
/// The store, as in <see cref="SandboxOptions.Store"/>; volumes are below <c>volumes</c> in it. Null (the default): the environment variable SANDBOX_STORE,
/// else <c>/var/lib/sandbox</c> for root, <c>$XDG_DATA_HOME/sandbox</c> or <c>$HOME/.local/share/sandbox</c> for others.
/// </param>
/// <remarks>Any number of processes and threads may use one store at the same time. Work on files is done on threads of the pool, of which it blocks one.</remarks>
public sealed class VolumeStore(string? directory = null)
{
    /// <summary>The text can be the name of a volume: 1 to 128 letters, digits, <c>.</c>, <c>_</c> and <c>-</c>, of which the first is a letter or a digit.</summary>
    /// <param name="text">What somebody wrote.</param>
    public static bool IsName(string text) => VolumeName.Problem(text) is null;

    /// <summary>Makes a volume, which is empty; false if there is one of that name already.</summary>
    /// <param name="name">Its name (<see cref="IsName"/>).</param>
    /// <param name="cancellationToken">Only before it begins.</param>
    /// <exception cref="FormatException">It can be no name.</exception>
    /// <exception cref="SandboxException">It cannot be made.</exception>
    public Task<bool> CreateAsync(string name, CancellationToken cancellationToken = default)
    {
        Check(name);
        return Task.Run(() => Open().Create(name), cancellationToken);
    }

    /// <summary>All volumes, in the order of their names; none where there is no store yet.</summary>
    /// <param name="cancellationToken">Only before it begins: a list is short.</param>
    /// <exception cref="SandboxException">The store cannot be opened.</exception>
    public Task<IReadOnlyList<ListedVolume>> ListAsync(CancellationToken cancellationToken = default) => Task.Run(() => Open().List(), cancellationToken);

    /// <summary>One volume; null if there is none of that name.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="cancellationToken">Only before it begins.</param>
    /// <exception cref="SandboxException">The store cannot be opened.</exception>
    public Task<ListedVolume?> FindAsync(string name, CancellationToken cancellationToken = default) => Task.Run(() => Open().Find(name), cancellationToken);

    /// <summary>Counts what is in a volume. Meanwhile it is in use.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FormatException">It can be no name.</exception>
    /// <exception cref="SandboxException">It is not there, or cannot be opened.</exception>
    public Task<VolumeSize> MeasureAsync(string name, CancellationToken cancellationToken = default)
    {
        Check(name);
        return Task.Run(
            () =>
            {
                using var held = Open().Hold(name, create: false);
                return VolumeCount.Of(held, cancellationToken);
            },
            cancellationToken);
    }

    /// <summary>Removes a volume and all that is in it.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="cancellationToken">Only before it begins.</param>
    /// <exception cref="FormatException">It can be no name.</exception>
    /// <exception cref="SandboxException">It is not there (<c>Errno</c> ENOENT), a running job uses it (EBUSY), or something in it cannot be removed.</exception>
    public Task RemoveAsync(string name, CancellationToken cancellationToken = default)
    {
        Check(name);
        return Task.Run(() => Open().Remove(name), cancellationToken);
    }

    /// <summary>Removes all volumes that no running job uses, and what interrupted removals have left; the names of those removed.</summary>
    /// <param name="cancellationToken">Only before it begins.</param>
    /// <exception cref="SandboxException">Something in one cannot be removed.</exception>
    public Task<IReadOnlyList<string>> PruneAsync(CancellationToken cancellationToken = default) => Task.Run(() => Open().RemoveUnused(), cancellationToken);

    private static void Check(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (VolumeName.Problem(name) is { } problem)
        {
            throw new FormatException($"{DisplayText.Quote(name)} {problem}");
        }
    }

    private StoredVolumes Open() => StoredVolumes.Of(directory);
}
