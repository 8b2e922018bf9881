using Sandbox.Planning.Steps;
using Sandbox.Text;

namespace Sandbox.Planning;

/// <summary>The files put into the root, generated ones first, and what they cost outside of the writable tmpfs.</summary>
internal sealed class JobFiles(HostTree host, string storedFiles)
{
    /// <summary>Descriptors that go along with a plan; the message has room for 112 with those every job needs, and those of its groups and pipes (plan.h, PLAN_MAX_FDS).</summary>
    public const int MaxDescriptors = 48;

    // Of the process that reads it: to pid 1, which would make the mount, the same path means something else.
    private const string OwnDescriptors = "/proc/self/fd/";

    // Every file of a tmpfs takes whole pages.
    private const long PageBytes = 4096;

    private readonly PinnedDirectories _pins = new();
    private readonly List<PlanStep> _steps = [];
    private readonly List<ExtraFile> _extra = [];

    public IReadOnlyList<ExtraFile> Extra => _extra;

    /// <summary>How many files there are.</summary>
    public int Count => _steps.Count;

    /// <summary>Bytes of all files that land in the root tmpfs.</summary>
    public long RootBytes { get; private set; }

    /// <summary>Of these, bytes the job asked for: they count in <c>disk</c>.</summary>
    public long RootBytesOfJob { get; private set; }

    /// <summary>Adds a file every job of a rootfs gets, unless the job brings its own.</summary>
    public void AddGenerated(FileStep step, JobSpec spec, MountTable table)
    {
        foreach (var file in spec.Files)
        {
            if (file.Path == step.Target)
            {
                return;
            }
        }

        // What is wrong there is a matter of the user's directory, and then the job sees what that has.
        if (table.MakeRoomForGenerated(step.Target) is not null)
        {
            return;
        }

        _steps.Add(step with { Generated = true });
        RootBytes += Pages(step.Content.Length);
    }

    public void Add(JobSpec spec, MountTable table, List<JobProblem> problems)
    {
        foreach (var file in spec.Files)
        {
            var pointer = "/files/" + JsonPointer.Escape(file.Path);
            if (table.MakeRoomForFile(file.Path) is { } problem)
            {
                problems.Add(new JobProblem { Pointer = pointer, Message = problem });
                continue;
            }

            if (file.ReadOnly)
            {
                _pins.AddFor(file.Path, pointer, table);
            }

            var step = StepOf(file, pointer);
            _steps.Add(step);
            CountBytes(step, table);
        }

        if (spec.Stdin is ContentStdin { Content: StoredContent stored })
        {
            _steps.Add(new StdinStep(PathOf(stored), storedFiles, "/stdin/from"));
        }
    }

    /// <summary>Directories first: a file that is mounted already would be in the copy of its directory, but in vain.</summary>
    public void AddTo(List<PlanStep> steps)
    {
        steps.AddRange(_pins.Steps);
        steps.AddRange(_steps);
    }

    // What is read-only is written to the writable tmpfs, out of the job's sight. /dev is a directory of the root tmpfs,
    // whatever is mounted in it.
    private void CountBytes(PlanStep step, MountTable table)
    {
        if (step is not FileStep { ReadOnly: false } file || table.Covering(file.Target) is not (null or DevicesStep))
        {
            return;
        }

        var bytes = Pages(file.Extra >= 0 ? host.Size(file.Source!) : file.Content.Length);
        RootBytes += bytes;
        RootBytesOfJob += bytes;
    }

    private PlanStep StepOf(InjectedFile file, string pointer) => file.Content switch
    {
        InlineContent inline => new FileStep(file.Path, pointer) { Mode = file.Mode, ReadOnly = file.ReadOnly, Content = inline.Bytes },
        StoredContent stored when file.ReadOnly => new BindFileStep(PathOf(stored), file.Path, pointer + "/from") { View = storedFiles, Stored = true },
        StoredContent stored => Copy(PathOf(stored), file, pointer),
        FileContent source when file.ReadOnly && !source.Path.StartsWith(OwnDescriptors, StringComparison.Ordinal) => new BindFileStep(source.Path, file.Path, pointer + "/from") { View = DirectoryOf(source.Path) },
        FileContent source => Copy(source.Path, file, pointer),
        _ => throw new InvalidOperationException("a file without content"),
    };

    private FileStep Copy(string source, InjectedFile file, string pointer)
    {
        var step = new FileStep(file.Path, pointer) { Mode = file.Mode, ReadOnly = file.ReadOnly, Source = source };
        var origin = pointer + "/from";
        if (_extra.Count == MaxDescriptors)
        {
            return step with { Content = host.Content(source, origin) };
        }

        _extra.Add(new ExtraFile(source, origin));
        return step with { Extra = _extra.Count - 1 };
    }

    private string PathOf(StoredContent stored) => $"{storedFiles}/{stored.Sha256}";

    private static string? DirectoryOf(string path) => path.LastIndexOf('/') is > 0 and var slash ? path[..slash] : null;

    private static long Pages(long bytes) => (bytes + PageBytes - 1) / PageBytes * PageBytes;
}
