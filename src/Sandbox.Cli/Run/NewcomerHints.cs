
namespace Sandbox.Cli.Run;

/// <summary>What to say at the end of a job that failed in a way that the habits of another tool lead to.</summary>
internal static class NewcomerHints
{
    // Images that people name in "docker run" and that are no programs.
    private static readonly string[] s_images =
    [
        "ubuntu", "debian", "alpine", "busybox", "fedora", "centos", "rockylinux", "almalinux", "archlinux", "amazonlinux", "opensuse", "golang", "rust", "openjdk",
        "eclipse-temurin", "gcc", "buildpack-deps", "hello-world", "postgres", "redis", "nginx", "httpd", "mysql", "mariadb",
    ];

    /// <summary>The hints; none for a job that did well.</summary>
    /// <param name="result">What became of the job.</param>
    /// <param name="job">The job.</param>
    /// <param name="complaints">Lines in which it said that a file system is read-only.</param>
    public static IEnumerable<string> Lines(JobResult result, JobSpec job, IReadOnlyCollection<string> complaints)
    {
        var noProgram = result.Verdict == Verdict.ExecFailed && result.CommandNotFound ? NoProgram(job, StoredNames, File.Exists) : null;
        if ((noProgram ?? (result.Verdict is Verdict.ExitCode || result.CommandNotFound ? Unseen(job, Path.Exists) : null)) is { } misplaced)
        {
            yield return "hint: " + misplaced;
        }

        if (result.Verdict is Verdict.ExitCode or Verdict.Signal && complaints.Count > 0)
        {
            yield return "hint: " + ReadOnly(job, complaints);
        }
    }

    /// <summary>Why there may be no such program; null where nothing is known.</summary>
    /// <param name="job">The job, whose first word was looked for.</param>
    /// <param name="stored">The names of the images that there are.</param>
    /// <param name="exists">Whether there is such a file here.</param>
    internal static string? NoProgram(JobSpec job, Func<IReadOnlyList<string>> stored, Func<string, bool> exists)
    {
        var word = job.Command[0];
        if (word.EndsWith(".json", StringComparison.Ordinal) && exists(word))
        {
            return $"a job file is run by: sandbox exec {DisplayText.Quote(word)}";
        }

        if (job.Rootfs is ImageRootfs || ImageStore.IsPath(word) || !ImageStore.IsName(word))
        {
            return null;
        }

        var rest = job.Command.Count > 1 ? " -- " + string.Join(' ', job.Command.Skip(1).Select(DisplayText.Quote)) : "";
        if (ImageStore.NamesLike(word, stored()) is [var name, ..])
        {
            return $"an image is an option here: sandbox run --image {DisplayText.Quote(name)}{rest}";
        }

        return word.Contains(':') || Array.IndexOf(s_images, word) >= 0
            ? $"if {DisplayText.Quote(word)} is an image: sandbox run --image {DisplayText.Quote(word)}{rest}, once it is imported: {ImageStore.HowToImport(word)}"
            : null;
    }

    /// <summary>Which of the job's words is a file of the current directory, of which the job sees nothing; null for none.</summary>
    internal static string? Unseen(JobSpec job, Func<string, bool> exists)
    {
        var isAlone = job.Mounts.Count == 0 && job.Files.Count == 0 && job.Rootfs is HostRootfs && job.WorkingDirectory is null;
        return isAlone && job.Command.FirstOrDefault(word => IsRelativeFile(word) && exists(word)) is { } file
            ? $"{DisplayText.Quote(file)} is a file of this directory, of which the job sees nothing: -v .:/work shows it read-only, -v .:/work:overlay lets the job change a view of it"
            : null;
    }

    // "test" is a program, and may be the name of a directory too; an ending or a slash makes it a file that was meant.
    private static bool IsRelativeFile(string word) =>
        word is not ['-' or '/', ..] && word.AsSpan().IndexOfAny('.', '/') >= 0 && word.AsSpan().IndexOfAny(" \n;|&") < 0 && word is not ("." or ".." or "./");

    /// <summary>Which of the job's places it was, as far as its words tell, and how it could be written to.</summary>
    internal static string ReadOnly(JobSpec job, IReadOnlyCollection<string> complaints)
    {
        BindMount[] shown = [.. job.Mounts.OfType<BindMount>().Where(mount => !mount.Writable)];
        BindMount[] named = [.. shown.Where(mount => IsBelow(job.WorkingDirectory ?? "/work", mount.Target) || complaints.Any(line => Names(line, mount.Target)))];
        if (named.Length > 0 || (shown.Length > 0 && complaints.All(line => !line.Contains('/'))))
        {
            return "volumes are read-only unless they say otherwise: " + string.Join(", ", (named.Length > 0 ? named : shown).Select(Writable));
        }

        return "the job met a read-only file system: it may write to /work, /tmp and /dev/shm" +
            (shown.Length > 0 ? ", and to volumes that say so: " + string.Join(", ", shown.Select(Writable)) : "; a volume with :rw or :overlay makes more");
    }

    // "/x" is in "/x/a" and in "'/x': Read-only file system", and not in "/usr/x" nor in "/xyz".
    private static bool Names(string line, string target)
    {
        for (var at = line.IndexOf(target, StringComparison.Ordinal); at >= 0; at = line.IndexOf(target, at + 1, StringComparison.Ordinal))
        {
            var end = at + target.Length;
            if ((at == 0 || !IsOfName(line[at - 1])) && (end == line.Length || line[end] == '/' || !IsOfName(line[end])))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsOfName(char letter) => char.IsLetterOrDigit(letter) || letter is '/' or '.' or '_' or '-';

    private static string Writable(BindMount mount)
    {
        var volume = $"-v {DisplayText.Quote(mount.Source)}:{DisplayText.Quote(mount.Target)}";
        return $"{volume}:rw (changes stay) or {volume}:overlay (changes are gone afterwards)";
    }

    private static bool IsBelow(string directory, string target) => directory == target || directory.StartsWith(target.TrimEnd('/') + "/", StringComparison.Ordinal);

    // A store that cannot be read is a matter for whoever names an image.
    private static IReadOnlyList<string> StoredNames()
    {
        try
        {
            return [.. new ImageStore().ListAsync().Now().SelectMany(image => image.Names)];
        }
        catch (SandboxException)
        {
            return [];
        }
    }
}
