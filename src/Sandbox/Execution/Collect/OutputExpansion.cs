using System.Text;
using System.Text.Unicode;
using Sandbox.Interop;
using Sandbox.Storage;

namespace Sandbox.Execution.Collect;

/// <summary>Expands one pattern by listing folders, component by component, with bounded work.</summary>
/// <param name="tree">The job's root.</param>
/// <param name="listing">Lists the folders of it.</param>
/// <param name="budget">What that takes from: <see cref="MostEntries"/>.</param>
internal sealed class OutputExpansion(OutputTree tree, UntrustedTree listing, TreeBudget budget)
{
    // A job can make folders with millions of entries, and thousands of folders within each other: past this the pattern is
    // given up, and said so.
    public const int MostEntries = 100_000;
    private const int DeepestFolder = 128;

    // A hundred thousand paths of the greatest length would take eight hundred megabytes: memory of the host's that no limit of the job counts.
    private const long MostText = 16 << 20;

    private readonly List<OutputFailure> _failures = [];
    private long _text;
    private bool _isGivenUp;

    /// <summary>All regular files, and things that are no folders, matching the components.</summary>
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

    private static string Join(string folder, string name) => folder.Length == 0 ? name : $"{folder}/{name}";

    // The folders themselves and every folder below, or at the end of a pattern every file in them. Folders that are hidden
    // are left out as by "*"; links to folders are not folders.
    private List<string> Descend(List<string> roots, bool isLast)
    {
        var folders = new List<string>(roots);
        var found = new HashSet<string>(roots, StringComparer.Ordinal);
        var files = new List<string>();
        for (var i = 0; i < folders.Count && !_isGivenUp; i++)
        {
            var folder = folders[i];
            if (folder.AsSpan().Count('/') >= DeepestFolder)
            {
                Fail(folder, $"deeper than {DeepestFolder} folders");
                continue;
            }

            var entries = new List<string>();
            List(folder, name =>
            {
                if (isLast || listing.MayBeDirectory)
                {
                    Keep(folder, name, "*", entries);
                }
            });
            foreach (var entry in entries)
            {
                if (!IsFolder(entry))
                {
                    files.Add(entry);
                }
                else if (found.Add(entry))
                {
                    folders.Add(entry);
                }
            }
        }

        return isLast ? files : folders;
    }

    private void List(string folder, UntrustedTree.NameAction take)
    {
        if (_isGivenUp)
        {
            return;
        }

        if (tree.OpenFolder(folder, out var handle) is var error && error < 0)
        {
            if (OutputTree.Refusal(-error) is var refusal && refusal != OutputTree.NoSuchFile)
            {
                Fail(folder, refusal);
            }

            return;
        }

        using (handle)
        {
            error = listing.List(handle, take);
        }

        if (error < 0)
        {
            Fail(folder, OutputTree.Refusal(-error));
        }

        if (budget.IsExceeded)
        {
            GiveUp(folder, $"too many files to look through: the most is {MostEntries}");
        }
    }

    private void Keep(string folder, ReadOnlySpan<byte> name, string pattern, List<string> found)
    {
        var text = Encoding.UTF8.GetString(name);
        if (_isGivenUp || !Glob.Matches(pattern, text))
        {
            return;
        }

        _text += folder.Length + text.Length;
        if (_text > MostText)
        {
            GiveUp(folder, "the paths of the files to look through take too much room");
            return;
        }

        // A name that is no UTF-8 cannot be said in a result, nor found again by what is said.
        if (Utf8.IsValid(name))
        {
            found.Add(Join(folder, text));
        }
        else
        {
            Fail(Join(folder, text), "its name is not UTF-8");
        }
    }

    // A pattern asks for files: folders that match are not meant, and a path that goes on below a match may be missing.
    private bool IsCandidate(string path)
    {
        var refusal = tree.Inspect(path, [], out var status);
        return refusal != OutputTree.NoSuchFile && status.Kind != FileKind.Directory;
    }

    private bool IsFolder(string path)
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
