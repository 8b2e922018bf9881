using Microsoft.Win32.SafeHandles;
using Sandbox.Host;
using Sandbox.Interop;
using Sandbox.Text;

namespace Sandbox.Execution.Collect;

// The job is dead, but it has chosen every name, type and size found here. No path of it is resolved by the host's
// own rules (OutputTree), only regular files are read (OutputCopy), and sizes are capped while reading. What goes
// wrong with a file is the job's failure and is reported; what goes wrong on the host's side is the sandbox's.

/// <summary>Copies a finished job's output files to the host.</summary>
/// <param name="root">The job's root directory, with its mounts still in place.</param>
/// <param name="ownDevices">The job's own file systems, see <see cref="DevicesOf"/>.</param>
/// <param name="budget">Bytes that everything collected may bring.</param>
/// <param name="destinations">Where they go.</param>
/// <param name="rights">With whose rights files are found and opened; null for this process's own.</param>
/// <param name="cancellationToken">Stops it between two files, or in one.</param>
internal sealed class OutputCollector(
    SafeFileHandle root, IReadOnlyList<ulong> ownDevices, CollectBudget budget, OutputDestinations destinations, JobFileRights? rights, CancellationToken cancellationToken = default)
{
    private const int MaxFiles = 10_000;
    private const int MaxErrors = 1000;
    private const int PieceBytes = 1 << 20;
    private const long MostMemory = 256L << 20;

    // Ten thousand paths of the greatest length would be eighty megabytes of a result.
    private const long MaxText = 8 << 20;

    private readonly OutputTree _tree = new(root, rights);
    private readonly List<OutputResult> _collected = [];
    private readonly List<OutputFailure> _errors = [];
    private OutputFailure? _required;
    private long _text;
    private long _memory;

    /// <summary>The devices behind some directories: a file there has no other names but the job's own.</summary>
    public static IReadOnlyList<ulong> DevicesOf(IEnumerable<SafeFileHandle> directories)
    {
        var devices = new List<ulong>();
        foreach (var directory in directories)
        {
            if (Libc.Status(directory, out var status) == 0)
            {
                devices.Add(status.Device);
            }
        }

        return devices;
    }

    /// <summary>What was collected so far.</summary>
    public CollectedOutputs Collected => new() { Outputs = _collected, Errors = _errors, Required = _required };

    /// <summary>Collects everything that can be collected safely.</summary>
    /// <exception cref="SandboxException">The host's side failed: a destination cannot be written.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; what was not collected is among the errors.</exception>
    public CollectedOutputs Collect(IReadOnlyList<OutputSpec> outputs)
    {
        var next = 0;
        try
        {
            for (; next < outputs.Count; next++)
            {
                CollectOne(outputs[next], $"/outputs/{next}");
            }
        }
        catch (OperationCanceledException)
        {
            for (; next < outputs.Count; next++)
            {
                Fail(outputs[next], outputs[next].Path, "cancelled by the caller before all of it was collected");
            }

            throw;
        }

        return Collected;
    }

    private void CollectOne(OutputSpec spec, string pointer)
    {
        if (OutputTree.Components(spec.Path) is not { } components)
        {
            Fail(spec, spec.Path, "'..' may not be part of an output's path");
            return;
        }

        if (!Glob.IsPattern(spec.Path))
        {
            CopyOne(spec, string.Join('/', components), spec.To == OutputSpec.Memory ? null : PlaceOf(spec, components is [.., var name] ? name : "", pointer));
            return;
        }

        var matches = _tree.Expand(components);
        foreach (var failure in matches.Failures)
        {
            Fail(spec, failure.Path, failure.Error);
        }

        CopyAll(spec, matches, Glob.PrefixLength(components), pointer);
    }

    private void CopyAll(OutputSpec spec, OutputMatches matches, int prefix, string pointer)
    {
        var paths = matches.Paths;
        if (paths.Count == 0 && matches.Failures.Count == 0)
        {
            if (!spec.Optional)
            {
                Fail(spec, spec.Path, "nothing matches");
            }

            return;
        }

        if (paths.Count > 1 && spec.To != OutputSpec.Memory && !spec.To.EndsWith('/'))
        {
            Fail(spec, spec.Path, $"{paths.Count} files match, but 'to' names a single file: end it with '/' for a directory");
            return;
        }

        foreach (var path in paths)
        {
            CopyOne(spec, path, spec.To == OutputSpec.Memory ? null : PlaceOf(spec, Below(path, prefix), pointer));
        }
    }

    // The directories that ** stands for are kept, or files of one name in two of them would be in each other's way.
    private static string Below(string path, int prefix)
    {
        var start = 0;
        for (var left = prefix; left > 0; left--)
        {
            start = path.IndexOf('/', start) + 1;
        }

        return path[start..];
    }

    private OutputPlace PlaceOf(OutputSpec spec, string below, string pointer) =>
        spec.To.EndsWith('/') ? destinations.Below(spec.To, below, pointer) : destinations.File(spec.To);

    private void CopyOne(OutputSpec spec, string path, OutputPlace? place)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var inside = "/" + path;
        if (_collected.Count >= MaxFiles)
        {
            Fail(spec, inside, $"more than {MaxFiles} files in all");
            return;
        }

        if (_text > MaxText)
        {
            Fail(spec, inside, "the paths of all files take too much room");
            return;
        }

        if (_tree.OpenRegular(path, ownDevices, out var file, out var status) is { } refusal)
        {
            // An optional output that is just not there is no error.
            if (!spec.Optional || refusal != OutputTree.NoSuchFile)
            {
                Fail(spec, inside, refusal, OutputTree.KindOf(refusal));
            }

            return;
        }

        using (file)
        {
            if (place is null)
            {
                Take(spec, inside, file, status);
            }
            else if (new OutputCopy(file, status, spec.MaxSizeBytes, budget, cancellationToken).To(place, destinations.Reserve, out var copied) is { } error)
            {
                Fail(spec, inside, error, status.Size > spec.MaxSizeBytes ? OutputRefusal.TooLarge : OutputRefusal.Other);
            }
            else
            {
                Keep(new() { Path = inside, Bytes = copied.Bytes, Sha256 = copied.Sha256, To = place.Path });
            }
        }
    }

    // As many bytes as there were when it was opened: one that grows is not followed, and the job is dead.
    private void Take(OutputSpec spec, string inside, SafeFileHandle file, FileStatus status)
    {
        var size = Math.Min(status.Size, spec.MaxSizeBytes);
        if (size > MostMemory - _memory)
        {
            Fail(spec, inside, $"with it, all files that come with the result would be larger than {Amount.Bytes(MostMemory)}");
            return;
        }

        if (budget.Take(size) is { } over)
        {
            Fail(spec, inside, over);
            return;
        }

        _memory += size;
        var bytes = new byte[size];
        var taken = 0;
        for (int count; taken < bytes.Length && (count = Libc.Read(file, bytes.AsSpan(taken, Math.Min(bytes.Length - taken, PieceBytes)))) != 0; taken += count)
        {
            if (count < 0)
            {
                Fail(spec, inside, $"cannot be read ({Errno.Name(-count)})");
                return;
            }

            HostWatch.Advance();
            cancellationToken.ThrowIfCancellationRequested();
        }

        Keep(new() { Path = inside, Bytes = Math.Max(status.Size, taken), Sha256 = "", To = OutputSpec.Memory, Content = bytes.AsMemory(0, taken) });
    }

    private void Keep(OutputResult output)
    {
        _text += output.Path.Length + output.To.Length;
        _collected.Add(output);
    }

    private void Fail(OutputSpec spec, string path, string error, OutputRefusal kind = OutputRefusal.Other)
    {
        var failure = new OutputFailure { Path = path, Error = error, Refusal = kind };
        if (_errors.Count < MaxErrors)
        {
            _errors.Add(failure);
        }

        if (!spec.Optional)
        {
            _required ??= failure;
        }
    }
}
