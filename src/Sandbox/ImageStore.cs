using Microsoft.Win32.SafeHandles;
using Sandbox.Images;
using Sandbox.Jobs;

namespace Sandbox;

/// <summary>
/// The container images that jobs can have as their root (<see cref="ImageRootfs"/>), unpacked on this host for overlayfs: each layer once, named by its
/// content. Nothing is ever fetched from a registry.
/// </summary>
/// <param name="directory">
/// The store, as in <see cref="SandboxOptions.Store"/>; images are below <c>images</c> in it. Null (the default): the environment variable SANDBOX_STORE,
/// else <c>/var/lib/sandbox</c> for root, <c>$XDG_DATA_HOME/sandbox</c> or <c>$HOME/.local/share/sandbox</c> for others.
/// </param>
/// <remarks>Any number of processes and threads may use one store at the same time. Work on files is done on threads of the pool, of which it blocks one.</remarks>
public sealed class ImageStore(string? directory = null)
{
    /// <summary>
    /// The text is the path of an archive or a directory, and not the name or digest of an image: it begins with <c>/</c>, <c>./</c> or <c>../</c>, or ends in
    /// <c>.tar</c>, <c>.tar.gz</c>, <c>.tgz</c> or <c>.tar.zst</c>.
    /// </summary>
    /// <param name="reference">As in <see cref="ImageRootfs.Reference"/>.</param>
    public static bool IsPath(string reference)
    {
        ArgumentNullException.ThrowIfNull(reference);
        return ImageReference.IsPath(reference);
    }

    /// <summary>The text can be the name of an image, such as <c>debian:12</c> or <c>registry.example/team/app</c> (Docker's rules: distribution/reference).</summary>
    /// <param name="text">Without a digest (<c>@sha256:…</c>), which is that of a manifest and not known here.</param>
    public static bool IsName(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return ImageName.Parse(text, out _) is null;
    }

    /// <summary>Which of the stored names are the same program as a reference, with another tag or from another registry; the most likely first, or none.</summary>
    /// <param name="reference">What somebody asked for.</param>
    /// <param name="names">The names that there are (<see cref="ListedImage.Names"/>).</param>
    public static IReadOnlyList<string> NamesLike(string reference, IReadOnlyList<string> names)
    {
        ArgumentNullException.ThrowIfNull(reference);
        ArgumentNullException.ThrowIfNull(names);
        return ImageHints.Near(reference, names, exactly: true);
    }

    /// <summary>Command lines of docker and skopeo that bring an image into the store of <c>sandbox image import</c>, for a message to a person.</summary>
    /// <param name="reference">What somebody asked for.</param>
    public static string HowToImport(string reference)
    {
        ArgumentNullException.ThrowIfNull(reference);
        return ImageHints.HowToGet(reference);
    }

    /// <summary>All images, those used last first; none where there is no store yet.</summary>
    /// <param name="cancellationToken">Only before it begins: a list is short.</param>
    /// <exception cref="SandboxException">The store cannot be read, or there is no place for one.</exception>
    public Task<IReadOnlyList<ListedImage>> ListAsync(CancellationToken cancellationToken = default) =>
        Task.Run(() => Open().List(), cancellationToken);

    /// <summary>
    /// Imports the images of an archive (<c>docker save</c>, <c>podman save</c>, <c>skopeo copy</c>, <c>docker export</c>; tar, perhaps with gzip or zstd) or of
    /// the directory of an OCI image layout. Layers that are there already are not unpacked again.
    /// </summary>
    /// <param name="path">Path on the host; a relative one starts from the current directory.</param>
    /// <param name="name">Name for the image instead of those in the archive; null for those.</param>
    /// <param name="cancellationToken">Stops between two blocks of a layer; nothing of the image is kept, and <see cref="PruneAsync"/> frees layers that were whole.</param>
    /// <returns>Those for this machine; at least one.</returns>
    /// <exception cref="InvalidImageException">What is there is no image that can be used: damaged, hostile, too large (32 GiB or 2,000,000 files unpacked, 128 layers), or for another machine.</exception>
    /// <exception cref="UnknownImageException">There is nothing at the path, or no image can have the name.</exception>
    /// <exception cref="SandboxException">The host refuses: no space, no permission.</exception>
    public Task<IReadOnlyList<ImportedImage>> ImportAsync(string path, string? name = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return Task.Run(() => Open(cancellationToken).Import(path, name), cancellationToken);
    }

    /// <summary>Imports what an open file or pipe holds, from where it stands.</summary>
    /// <param name="archive">Read to its end; not closed.</param>
    /// <param name="source">What to call it in errors, such as <c>&lt;stdin&gt;</c>.</param>
    /// <param name="name">Name for the image instead of those in the archive; null for those.</param>
    /// <param name="cancellationToken">As for a path; a pipe that says nothing is waited for.</param>
    /// <inheritdoc cref="ImportAsync(string, string?, CancellationToken)" path="/exception"/>
    public Task<IReadOnlyList<ImportedImage>> ImportFromAsync(SafeFileHandle archive, string source, string? name = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(archive);
        ArgumentNullException.ThrowIfNull(source);
        return Task.Run(() => Open(cancellationToken).Import(archive, source, name), cancellationToken);
    }

    /// <summary>Takes a name away; with the last one, or for a digest, the image goes. Its layers stay until <see cref="PruneAsync"/>.</summary>
    /// <param name="reference">A name, or at least eight digits of a digest with or without <c>sha256:</c>.</param>
    /// <param name="cancellationToken">Only before it begins.</param>
    /// <exception cref="UnknownImageException">There is no such image, or several begin with these digits.</exception>
    /// <exception cref="SandboxException">A job runs in it, or the store cannot be written.</exception>
    public Task<RemovedImage> RemoveAsync(string reference, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(reference);
        return Task.Run(() => Open().Remove(reference), cancellationToken);
    }

    /// <summary>Frees layers that no image needs, and what interrupted imports have left; nothing that is in use or being imported.</summary>
    /// <param name="cancellationToken">Only before it begins: what is decided on is carried out.</param>
    /// <exception cref="SandboxException">The store cannot be written.</exception>
    public Task<PrunedImages> PruneAsync(CancellationToken cancellationToken = default) => Task.Run(() => Open().Collect(), cancellationToken);

    private UnpackedImages Open(CancellationToken cancellationToken = default) => new(UnpackedImages.DirectoryOf(directory)) { Cancellation = cancellationToken };
}
