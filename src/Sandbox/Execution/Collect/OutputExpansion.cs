using System.Text;
using System.Text.Unicode;
using Sandbox.Interop;
using Sandbox.Storage;

namespace Sandbox.Execution.Collect;

/// <summary>Expands one pattern by listing directories, component by component, with bounded work.</summary>
/// <param name="tree">The job's root.</param>
/// <param name="listing">Lists the directories of it.</param>
/// <param name="budget">What that takes from: <see cref="MaxEntries"/>.</param>
internal sealed class OutputExpansion(OutputTree tree, UntrustedTree listing, TreeBudget budget)
{
    // A job can make directories with millions of entries, and thousands of directories within each other: past this the pattern is
    // given up, and said so.
    public const int MaxEntries = 100_000;
    private const int DeepestDirectory = 128;

    // A hundred thousand paths of the greatest length would take eight hundred megabytes: memory of the host's that no limit of the job counts.
    private const long MaxText = 16 << 20;

    private readonly List<OutputFailure> _failures = [];
    private long _text;
    private bool _isGivenUp;

    /// <summary>All regular files, and things that are no directories, matching the components.</summary>
    public OutputMatches Expand(IReadOnlyList<string> components)
    {
        List<string> paths = [""];
        for (var i = 0; i < components.Count; i++)
        {
            paths = Step(paths, components[i], isLast: i == components.Count - 1);
        }

        paths.RemoveAll(path => !IsCandidate(path));
        paths.Sort(StringComparer.Ordinal);
        return new() { Paths = paths, Failures = _failures };
    }

    private List<string> Step(List<string> paths, string component, bool isLast)
    {
        if (Glob.IsRecursive(component))
        {
            return Descend(paths, isLast);
        }

        var next = new List<string>();
        foreach (var path in paths)
        {
            if (Glob.IsPattern(component))
            {
                List(path, name => Keep(path, name, component, next));
            }
            else
            {
                next.Add(Join(path, component));
            }
        }

        return next;
    }

    private static string Join(string directory, string name) => directory.Length == 0 ? name : $"{directory}/{name}";

    // The directories themselves and every directory below, or at the end of a pattern every file in them. Directories that are hidden
    // are left out as by "*"; links to directories are not directories.
    private List<string> Descend(List<string> roots, bool isLast)
    {
        var directories = new List<string>(roots);
        var found = new HashSet<string>(roots, StringComparer.Ordinal);
        var files = new List<string>();
        for (var i = 0; i < directories.Count && !_isGivenUp; i++)
        {
            var directory = directories[i];
            if (directory.AsSpan().Count('/') >= DeepestDirectory)
            {
                Fail(directory, $"deeper than {DeepestDirectory} directories");
                continue;
            }

            var entries = new List<string>();
            List(directory, name =>
            {
                if (isLast || listing.MayBeDirectory)
                {
                    Keep(directory, name, "*", entries);
                }
            });
            foreach (var entry in entries)
            {
                if (!IsDirectory(entry))
                {
                    files.Add(entry);
                }
                else if (found.Add(entry))
                {
                    directories.Add(entry);
                }
            }
        }

        return isLast ? files : directories;
    }

    private void List(string directory, UntrustedTree.NameAction take)
    {
        if (_isGivenUp)
        {
            return;
        }

        if (tree.OpenDirectory(directory, out var handle) is var error && error < 0)
        {
            if (OutputTree.Refusal(-error) is var refusal && refusal != OutputTree.NoSuchFile)
            {
                Fail(directory, refusal);
            }

            return;
        }

        using (handle)
        {
            error = listing.List(handle, take);
        }

        if (error < 0)
        {
            Fail(directory, OutputTree.Refusal(-error));
        }

        if (budget.IsExceeded)
        {
            GiveUp(directory, $"too many files to look through: the most is {MaxEntries}");
        }
    }

    private void Keep(string directory, ReadOnlySpan<byte> name, string pattern, List<string> found)
    {
        var text = Encoding.UTF8.GetString(name);
        if (_isGivenUp || !Glob.Matches(pattern, text))
        {
            return;
        }

        _text += directory.Length + text.Length;
        if (_text > MaxText)
        {
            GiveUp(directory, "the paths of the files to look through take too much room");
            return;
        }

        // A name that is no UTF-8 cannot be said in a result, nor found again by what is said.
        if (Utf8.IsValid(name))
        {
            found.Add(Join(directory, text));
        }
        else
        {
            Fail(Join(directory, text), "its name is not UTF-8");
        }
    }

    // A pattern asks for files: directories that match are not meant, and a path that goes on below a match may be missing.
    private bool IsCandidate(string path)
    {
        var refusal = tree.Inspect(path, [], out var status);
        return refusal != OutputTree.NoSuchFile && status.Kind != FileKind.Directory;
    }

    private bool IsDirectory(string path)
    {
        _ = tree.Inspect(path, [], out var status);
        return status.Kind == FileKind.Directory;
    }

    private void GiveUp(string path, string error)
    {
        _isGivenUp = true;
        Fail(path, error);
    }

    private void Fail(string path, string error) => _failures.Add(new() { Path = "/" + path, Error = error });
}
