namespace Sandbox.Failures;

/// <summary>What is done in the store: its files, and the images.</summary>
internal static class StoreOperations
{
    private const string PutAgain = "put it in again: sandbox store put FILE";

    private static readonly HintRule s_diskFull =
        new("the disk of the store has no room: free some with sandbox store gc or sandbox image gc, or set SANDBOX_STORE to a directory on another disk", "ENOSPC", "EDQUOT");

    private static readonly HintRule s_unwritable =
        new("the user who runs the sandbox may not write to the store: set SANDBOX_STORE to a directory of that user's own", "EACCES", "EPERM", "EROFS");

    private static readonly HintRule s_missing = new("put it in: sandbox store put FILE", "ENOENT");

    public static IReadOnlyList<OperationRow> Rows { get; } = [.. Files, .. Volumes, .. Images];

    private static OperationRow[] Files =>
    [
        new(Operation.OpenStore, "open store", JobPhase.Prepare)
        {
            Rules = [s_diskFull],
            Otherwise = "set SANDBOX_STORE to the absolute path of a directory that this user can make and write to",
        },
        new(Operation.ShareStore, "open store", JobPhase.Prepare)
        {
            Otherwise = "chown it to the user who runs the sandbox and chmod go-w it, or set SANDBOX_STORE",
        },
        new(Operation.LockStore, "lock store", JobPhase.Prepare) { Rules = [s_unwritable, s_diskFull] },
        new(Operation.PutFile, "put file", JobPhase.Prepare)
        {
            Rules =
            [
                s_diskFull, s_unwritable,
                new("there is no such file: correct the path", "ENOENT", "ENOTDIR"),
                new("a directory stands there: put its files in one by one", "EISDIR"),
            ],
        },
        new(Operation.PutLargeFile, "put file", JobPhase.Prepare) { Rules = [new("raise SANDBOX_STORE_SIZE, or --max-size", "EFBIG")] },
        new(Operation.FindStoredFile, "find stored file", JobPhase.Prepare) { Rules = [s_missing] },
        new(Operation.VerifyStoredFile, "verify stored file", JobPhase.Prepare)
        {
            Rules = [s_missing, new("the disk of the store gives wrong answers: look into the host's log, and set SANDBOX_STORE to a directory on another disk", "EIO")],
        },
        new(Operation.ReplaceDamagedFile, "verify stored file", JobPhase.Prepare) { Otherwise = PutAgain },
        new(Operation.MarkStoredFile, "mark stored file", JobPhase.Prepare) { Rules = [s_unwritable, s_diskFull] },
        new(Operation.RemoveStoredFile, "remove stored file", JobPhase.Prepare)
        {
            Rules = [s_unwritable, new("wait for the job that uses it to end, or end it, and remove the file again", "EBUSY")],
        },
        new(Operation.LeaseStoredFiles, "lease stored files", JobPhase.Prepare) { Rules = [s_unwritable, s_diskFull] },
    ];

    private static OperationRow[] Volumes =>
    [
        new(Operation.OpenVolumes, "open volumes", JobPhase.Prepare)
        {
            Rules = [s_diskFull, new("chown it to the user who runs the sandbox and chmod it to 0700, or set SANDBOX_STORE", "EPERM")],
            Otherwise = "set SANDBOX_STORE to the absolute path of a directory that this user can make and write to",
        },
        new(Operation.FindVolume, "find volume", JobPhase.Prepare) { Otherwise = "\"sandbox volume ls\" lists those there are; make it: sandbox volume create NAME; or have the job make it (\"create\": true)" },
        new(Operation.MakeVolume, "make volume", JobPhase.Prepare) { Rules = [s_unwritable, s_diskFull] },
        new(Operation.RemoveVolume, "remove volume", JobPhase.Prepare)
        {
            Rules =
            [
                new("wait for the job that uses it to end, or end it, and remove the volume again", "EBUSY"),
                new("remove by hand what other users or the file system's flags protect there (chattr(1)), and \"sandbox volume prune\" removes the rest", "EACCES", "EPERM"),
            ],
        },
        new(Operation.ReadVolume, "use volume", JobPhase.Prepare)
        {
            Rules = [s_unwritable],
            Otherwise = "something else stands where the volume should be: remove it (\"sandbox volume rm\") and make it again",
        },
        new(Operation.FillVolume, "fill volume", JobPhase.Prepare)
        {
            Rules = [s_diskFull, s_unwritable],
            Otherwise = "what the image has there cannot be copied: say that the volume shall stay empty (\"copy\": false, or nocopy), or make the image anew",
        },
        new(Operation.BindVolume, "bind volume", JobPhase.Mounts)
        {
            Rules =
            [
                new("the file system of the store, or this kernel, cannot show files of one user as another's (mount_setattr(2), ID-mapped mounts), and each job of real root is another user: set SANDBOX_STORE to a directory on ext4, XFS or btrfs, and run as root of the host, not of a container", "EINVAL", "EPERM", "ENOSYS"),
                new("choose a target that is no file, leads through no link, and lies below no read-only mount", "ENOTDIR", "ELOOP", "EROFS"),
            ],
        },
    ];

    private static OperationRow[] Images =>
    [
        new(Operation.OpenImage, "open the image", JobPhase.Prepare)
        {
            NoHint = "looks at many files: what one of them answers is a failure of its own, and one that does not answer has a remedy whatever was being done",
        },
        new(Operation.UseImage, "image", JobPhase.Prepare) { Otherwise = "say in the job what the image says wrong: command, env, user and workingDirectory of the job replace those of the image" },
        new(Operation.FindImage, "find the image", JobPhase.Image)
        {
            NoHint = "names that may have been meant depend on what is stored, so whoever fails says them (ImageHints)",
        },
        new(Operation.FindImageByDigits, "find the image", JobPhase.Image) { Otherwise = "give more digits" },
        new(Operation.NameImage, "name the image", JobPhase.Image) { Otherwise = "give a name such as debian:12 or registry.example.org/team/app:1.0" },
        new(Operation.ReadImage, "read the image", JobPhase.Image)
        {
            Rules = [new("correct the path: an image is an archive of docker save or podman save, or a directory in OCI layout", "ENOENT", "ENOTDIR")],
            Otherwise = "make the image anew: docker save, podman save and skopeo write archives that can be read",
        },
        new(Operation.ReadImageFile, "read a file of the image", JobPhase.Image) { Otherwise = "make the image anew with a regular file there, or say in the job what the file would: env, user, command" },
        new(Operation.FindImageUser, "find the image's user", JobPhase.Image) { Otherwise = "say who it shall run as with \"user\" in the job" },
        new(Operation.RemoveImage, "remove the image", JobPhase.Image) { Otherwise = "try again when the job is over" },
        new(Operation.UseImageStore, "use the image store", JobPhase.Image)
        {
            Rules =
            [
                new("the disk is full: \"sandbox image gc\" and \"sandbox image rm\" free what images take, and SANDBOX_STORE names a directory on another disk", "ENOSPC", "EDQUOT"),
                new("the user who runs the sandbox may not write there: set SANDBOX_STORE to another directory for images", "EACCES", "EROFS"),
            ],
        },
        new(Operation.ShareImageStore, "use the image store", JobPhase.Image) { Otherwise = "chmod go-w it, or name another directory by SANDBOX_STORE" },
        new(Operation.ReadImageSource, "use the image store", JobPhase.Image) { Otherwise = "make it readable for the user who runs the sandbox" },
        new(Operation.MarkOpaque, "use the image store", JobPhase.Image)
        {
            Otherwise = "images need user.* extended attributes, which ext4, xfs, btrfs and tmpfs since Linux 6.6 have: set SANDBOX_STORE to a directory on one",
        },
        new(Operation.MarkRemoved, "use the image store", JobPhase.Image)
        {
            Otherwise = "images need mknod(2) of the device 0:0, and so Linux 5.8, a file system of Unix, and no seccomp filter against it: set SANDBOX_STORE to a directory on one, or start the sandbox outside of the filter",
        },
        new(Operation.ReadImageNames, "use the image store", JobPhase.Image) { Otherwise = "remove the file, and import the images again" },
        new(Operation.FindLayers, "use the image store", JobPhase.Image) { Otherwise = "import the image again" },
    ];
}
