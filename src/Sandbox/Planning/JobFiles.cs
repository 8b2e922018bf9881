using Sandbox.Jobs;
using Sandbox.Planning.Steps;

namespace Sandbox.Planning;

/// <summary>The files put into the root, generated ones first, and what they cost outside of the writable tmpfs.</summary>
internal sealed class JobFiles(HostTree host)
{
    /// <summary>Descriptors that go along with a plan; the message has room for 64 with those every job needs (plan.h, PLAN_MAX_FDS).</summary>
    public const int MostDescriptors = 48;

    // Every file of a tmpfs takes whole pages.
    private const long PageBytes = 4096;

    private readonly List<FileStep> _steps = [];
    private readonly List<ExtraFile> _extra = [];

    public IReadOnlyList<FileStep> Steps => _steps;

    public IReadOnlyList<ExtraFile> Extra => _extra;

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

        // What is wrong there is a matter of the user's folder, and then the job sees what that has.
        if (table.MakeRoomForFile(step.Target) is not null)
        {
            return;
        }

        _steps.Add(step);
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

            var step = StepOf(file, pointer);
            _steps.Add(step);
            // /dev is a folder of the root tmpfs, whatever is mounted in it.
            if (table.Covering(file.Path) is null or DevicesStep)
            {
                var bytes = Pages(step.Extra >= 0 ? host.Size(step.Source!) : step.Content.Length);
                RootBytes += bytes;
                RootBytesOfJob += bytes;
            }
        }
    }

    private FileStep StepOf(InjectedFile file, string pointer)
    {
        var step = new FileStep(file.Path, pointer) { Mode = file.Mode };
        if (file.Content is InlineContent inline)
        {
            return step with { Content = inline.Bytes };
        }

        var source = ((FileContent)file.Content).Path;
        var origin = pointer + "/from";
        if (_extra.Count == MostDescriptors)
        {
            return step with { Content = host.Content(source, origin), Source = source };
        }

        _extra.Add(new ExtraFile(source, origin));
        return step with { Extra = _extra.Count - 1, Source = source };
    }

    private static long Pages(long bytes) => (bytes + PageBytes - 1) / PageBytes * PageBytes;
}
