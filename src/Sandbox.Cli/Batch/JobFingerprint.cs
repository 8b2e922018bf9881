using System.Buffers;
using System.Globalization;
using System.IO.Enumeration;
using System.Security.Cryptography;
using System.Text;

namespace Sandbox.Cli.Batch;

/// <summary>
/// Tells whether a job is still the one whose result a journal has: a digest of the job as <see cref="JobFile.Write"/> writes it, and of size and time of the files
/// it gets, as make(1) does. Comments and the order of members do not change it; an edited submission does.
/// </summary>
internal static class JobFingerprint
{
    /// <summary>64 hexadecimal digits.</summary>
    /// <param name="job">The job.</param>
    /// <param name="submission">A directory that is looked through, or null.</param>
    public static string Of(JobDocument job, string? submission)
    {
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var text = new ArrayBufferWriter<byte>();
        JobFile.Write(text, job);
        digest.AppendData(text.WrittenSpan);
        foreach (var part in job.Parts())
        {
            Add(digest, part.Job);
        }

        if (submission is not null && Directory.Exists(submission))
        {
            AddTree(digest, submission);
        }

        return Convert.ToHexStringLower(digest.GetHashAndReset());
    }

    private static void Add(IncrementalHash digest, JobSpec job)
    {
        foreach (var file in job.Files)
        {
            Add(digest, file.Content);
        }

        if (job.Stdin is ContentStdin { Content: var content })
        {
            Add(digest, content);
        }
    }

    private static void Add(IncrementalHash digest, Content content)
    {
        if (content is FileContent { Path: var path })
        {
            Add(digest, new FileInfo(path));
        }
    }

    // What cannot be read is no reason to fail here: the job will, and says so.
    private static void AddTree(IncrementalHash digest, string directory)
    {
        var everything = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None, IgnoreInaccessible = true };
        var paths = new FileSystemEnumerable<string>(directory, (ref entry) => entry.ToFullPath(), everything)
        {
            // A link of a submission may lead anywhere on the host, or back.
            ShouldRecursePredicate = (ref entry) => (entry.Attributes & FileAttributes.ReparsePoint) == 0,
        };
        foreach (var path in paths.Order(StringComparer.Ordinal))
        {
            Add(digest, new FileInfo(path));
        }
    }

    private static void Add(IncrementalHash digest, FileInfo file)
    {
        var facts = file.Exists
            ? string.Create(CultureInfo.InvariantCulture, $"\0{file.FullName}\0{file.Length} {file.LastWriteTimeUtc.Ticks} {file.UnixFileMode} {file.LinkTarget}")
            : $"\0{file.FullName}\0";
        digest.AppendData(Encoding.UTF8.GetBytes(facts));
    }
}
