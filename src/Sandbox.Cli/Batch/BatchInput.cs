using Microsoft.Win32.SafeHandles;
using Sandbox.Cli.Interop;

namespace Sandbox.Cli.Batch;

/// <summary>
/// The jobs of a batch in the order of the input, read as they are asked for: files of jobs line by line, single job files, and directories with the job files below
/// them, or with the submissions in them.
/// </summary>
internal sealed class BatchInput(IReadOnlyList<string> words, SubmissionTemplate? template, string? templateFile)
{
    private const string StandardInput = "-";

    private long _index;

    /// <summary>What is wrong with what was named, told before anything starts; null for nothing.</summary>
    public string? Problem()
    {
        foreach (var word in words)
        {
            if (word != StandardInput && !Path.Exists(word))
            {
                return $"cannot read {DisplayText.QuoteWhole(word)}: no such file or directory";
            }

            if (template is not null && !Directory.Exists(word))
            {
                return $"with --template, submissions are in a directory, and {DisplayText.QuoteWhole(word)} is none";
            }
        }

        return words.Count(word => word == StandardInput) > 1 ? "stdin can be read once" : null;
    }

    /// <summary>The jobs.</summary>
    public IEnumerable<BatchItem> Items() => words.SelectMany(word =>
        template is not null ? Submissions(word)
        : word != StandardInput && Directory.Exists(word) ? JobFiles(word)
        : word.EndsWith(".json", StringComparison.Ordinal) ? [FileOf(word)]
        : Lines(word));

    private IEnumerable<BatchItem> Lines(string word)
    {
        SafeFileHandle file;
        string directory;
        string? problem = null;
        try
        {
            file = word == StandardInput ? StandardStreams.Input : File.OpenHandle(word);
            directory = JobSource.DirectoryOf(word);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            (file, directory, problem) = (new(), "", Diagnostics.Reason(failure));
        }

        using var owned = word == StandardInput ? null : file;
        using var lines = JobLines.Read(file, JobFile.MaxBytes).GetEnumerator();
        while (problem is null && Next(lines, out problem))
        {
            var (line, text) = lines.Current;
            yield return new LineItem { Index = _index++, Input = $"{word}:{line}", Line = line, Directory = directory, Text = text };
        }

        if (problem is not null)
        {
            yield return Unreadable(word, problem);
        }
    }

    private static bool Next(IEnumerator<(long, byte[]?)> lines, out string? problem)
    {
        problem = null;
        try
        {
            return lines.MoveNext();
        }
        catch (IOException failure)
        {
            problem = failure.Message;
            return false;
        }
    }

    private IEnumerable<BatchItem> JobFiles(string directory)
    {
        if (Entries(directory, out var problem) is not { } entries)
        {
            yield return Unreadable(directory, problem);
            yield break;
        }

        foreach (var entry in entries)
        {
            // A directory that is a link is not entered: it may lead back.
            if (Directory.Exists(entry))
            {
                foreach (var item in new FileInfo(entry).LinkTarget is null ? JobFiles(entry) : [])
                {
                    yield return item;
                }
            }
            else if (entry.EndsWith(".json", StringComparison.Ordinal))
            {
                yield return Descriptors.IsRegular(entry) ? FileOf(entry) : Unreadable(entry, "it is not a regular file");
            }
        }
    }

    private IEnumerable<BatchItem> Submissions(string directory)
    {
        if (Entries(directory, out var problem) is not { } entries)
        {
            yield return Unreadable(directory, problem);
            yield break;
        }

        foreach (var entry in entries)
        {
            if (!Path.GetFileName(entry).StartsWith('.') && Path.GetFullPath(entry) != Path.GetFullPath(templateFile!))
            {
                yield return new SubmissionItem { Index = _index++, Input = entry, Directory = template!.Directory, Template = template, Path = entry };
            }
        }
    }

    private FileItem FileOf(string path) => new() { Index = _index++, Input = path, Directory = JobSource.DirectoryOf(path), Path = path };

    private UnreadableItem Unreadable(string path, string reason) => new() { Index = _index++, Input = path, Reason = reason };

    // By the bytes of the names: the same order on every machine, whatever its file system or language.
    private static string[]? Entries(string directory, out string problem)
    {
        problem = "";
        try
        {
            string[] entries = [.. Directory.EnumerateFileSystemEntries(directory.Length > 1 ? directory.TrimEnd('/') : directory)];
            Array.Sort(entries, StringComparer.Ordinal);
            return entries;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            problem = Diagnostics.Reason(failure);
            return null;
        }
    }
}
