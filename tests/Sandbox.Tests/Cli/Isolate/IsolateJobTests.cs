using System.Diagnostics;
using System.Text;
using Sandbox.Cli.Isolate;
using Sandbox.Tests.Server.Fronts;
using Xunit;

namespace Sandbox.Tests.Cli.Isolate;

/// <summary>A request of isolate as a job.</summary>
public sealed class IsolateJobTests
{
    private static readonly string[] s_seeds =
    [
        "-b\n12\n--cg\n--meta=m\n--time=1.5\n--wall-time=3\n-x\n1\n--cg-mem=1000\n-p60\n--run\n--\n/bin/sh\n-c\nexit 1",
        "--chdir=/tmp\n--dir=/tmp=/home:rw\n--dir=/fifo0=/var/fifo:rw\n-E\nHOME=./\n--full-env\n--stdin=in\n--stdout=/tmp/out.txt\n--stderr=err\n-v\n--run\n--\n./a.out",
        "--silent\n--box-id=999\n-n\n2048\n-f4\n-m0\n-k100000\n--no-default-dirs\n-dusr\n-dtmp:tmp\n-dx=tmpfs:fs:rw\n--share-net\n--stderr-to-stdout\n--run\nx",
        "--init\n--quota=1,1\n-b0",
    ];

    private static readonly string[] s_pieces = ["\n", "=", ":", "/", "..", "--", "-", "0", "-1", "2147483647", "99999999999", "1e300", "--run", "\0", "é", ":rw", ":fs", "\n-d\n", "--dir=", "-E"];

    private static readonly IsolateFacts s_facts = new() { Directories = [], Environment = ["HOME=/root", "EMPTY=", "LANG=C"] };

    private static JobSpec Job(params string[] words) => IsolateJob.Of(IsolateArguments.Parse(words, out _)!, s_facts);

    [Fact]
    public void Limits_have_their_units_and_zero_is_none()
    {
        var job = Job("-t1.5", "-x2", "-w", "3", "-m", "1000", "--cg", "--cg-mem=2000", "-k", "64", "-n", "20", "-f", "4", "-p7", "--run", "x");

        Assert.Equal(
            (TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(3), 1000L << 10, 2000L << 10, 64L << 10, 20, 4096L, 7, null),
            (job.Limits.CpuTime, job.Limits.WallTime, job.Limits.AddressSpaceBytes, job.Limits.MemoryBytes, job.Limits.StackBytes, job.Limits.OpenFiles, job.Limits.FileSizeBytes, job.Limits.Processes, job.Limits.OutputBytes));

        job = Job("-t0", "-x2", "-w0", "-m0", "-k0", "-n0", "-f0", "-p0", "--run", "x");
        Assert.Equal(
            (null, null, null, null, ResourceLimits.Unlimited, null, null, null),
            (job.Limits.CpuTime, job.Limits.WallTime, job.Limits.AddressSpaceBytes, job.Limits.MemoryBytes, job.Limits.StackBytes, job.Limits.OpenFiles, job.Limits.FileSizeBytes, job.Limits.Processes));

        job = Job("--run", "x");
        Assert.Equal((1024, 1), (job.Limits.OpenFiles, job.Limits.Processes));
    }

    [Fact]
    public void Variables_are_taken_in_their_order()
    {
        Assert.Equal(["LIBC_FATAL_STDERR_=1"], Job("--run", "x").Start.Environment);
        Assert.Equal(["LIBC_FATAL_STDERR_=1", "HOME=/root", "EMPTY=", "B=2"], Job("-EA=1", "-EHOME", "-EEMPTY", "-EMISSING", "-EB=1", "-EB=2", "-EA=", "--run", "x").Start.Environment);
        Assert.Equal(["EMPTY=", "LANG=C", "LIBC_FATAL_STDERR_=1", "HOME=./"], Job("-e", "-EHOME=./", "--run", "x").Start.Environment);
    }

    [Fact]
    public void Of_two_places_for_errors_the_last_one_counts()
    {
        Assert.Equal(["/box/a"], Job("--stderr-to-stdout", "--stderr=a", "--run", "x").Start.Opened.Select(static file => file.Path));

        var job = Job("-rerrors", "-oout", "--stderr-to-stdout", "--run", "x");
        Assert.Equal([1, 2], Assert.Single(job.Start.Opened).Descriptors);
    }

    [Fact]
    public void A_terminal_is_for_a_program_that_would_write_to_one()
    {
        var facts = s_facts with { IsOutputTerminal = true };

        Assert.True(IsolateJob.Of(IsolateArguments.Parse(["--tty-hack", "--run", "x"], out _)!, facts).Terminal);
        Assert.False(IsolateJob.Of(IsolateArguments.Parse(["--run", "x"], out _)!, facts).Terminal);
        Assert.False(IsolateJob.Of(IsolateArguments.Parse(["--tty-hack", "-iin", "--run", "x"], out _)!, facts).Terminal);
        Assert.False(IsolateJob.Of(IsolateArguments.Parse(["--tty-hack", "--run", "x"], out _)!, s_facts).Terminal);
    }

    [Fact]
    public void A_job_has_the_descriptors_that_were_found_and_ends_when_it_stands_still()
    {
        var job = IsolateJob.Of(IsolateArguments.Parse(["--inherit-fds", "--run", "x"], out _)!, s_facts with { Inherited = [3, 7] });

        Assert.Equal([3, 7], job.Start.Inherited);
        Assert.True(job.Start.EndsWhenStopped);
    }

    [Fact]
    public void Files_are_found_from_the_box_on()
    {
        var job = Job("-iin", "-o/tmp/out", "--stderr-to-stdout", "-csub/../other/.", "--run", "x");

        Assert.Equal("/box/other", job.WorkingDirectory);
        Assert.Equal(["/box/in", "/tmp/out"], job.Start.Opened.Select(static file => file.Path));
        Assert.Equal([1, 2], job.Start.Opened[1].Descriptors);
        Assert.Equal((true, false), (job.Start.Opened[0].ReadOnly, job.Start.Opened[1].ReadOnly));
        Assert.Equal((Stdin.Null, OutputStream.Discard, OutputStream.Discard), (job.Stdin, job.Stdout, job.Stderr));
    }

    [Fact]
    public void Streams_of_the_caller_are_the_jobs_unless_they_are_closed()
    {
        Assert.Equal((Stdin.Inherit, OutputStream.Inherit, OutputStream.Inherit), (Job("--run", "x").Stdin, Job("--run", "x").Stdout, Job("--run", "x").Stderr));
        Assert.Equal(OutputStream.Merged, Job("--stderr-to-stdout", "--run", "x").Stderr);

        var request = IsolateArguments.Parse(["--run", "x"], out _)!;
        var closed = IsolateJob.Of(request, s_facts with { IsStdinClosed = true, IsStdoutClosed = true });
        Assert.Equal((Stdin.Null, OutputStream.Discard), (closed.Stdin, closed.Stdout));
        Assert.Equal(OutputStream.Merged, IsolateJob.Of(request, s_facts with { AreOutputsOne = true }).Stderr);
    }

    [Fact]
    public void A_box_has_an_id_of_its_own_and_a_network_without_a_way_out()
    {
        Assert.Equal((60012U, 60012U), (Job("-b12", "--run", "x").User!.Uid, Job("-b12", "--run", "x").User!.Gid));
        Assert.Equal(2147543647U, Job("-b2147483647", "--run", "x").User!.Uid);
        Assert.Equal((Network.Loopback, Network.Host), (Job("--run", "x").Network, Job("--share-net", "--run", "x").Network));
    }

    [Fact]
    public void No_command_line_makes_a_job_that_is_not_valid()
    {
        var mutator = new ByteMutator([.. s_seeds.Select(Encoding.UTF8.GetBytes)], [.. s_pieces.Select(Encoding.UTF8.GetBytes)], new Random(14));
        var watch = Stopwatch.StartNew();
        var (all, understood, runnable) = (0, 0, 0);

        for (; all < 2000 || watch.Elapsed < ByteMutator.Time; all++)
        {
            // As the runtime hands arguments over: without a NUL, and with what is not UTF-8 replaced.
            var words = Encoding.UTF8.GetString(mutator.Next()).Split('\n').Select(static word => word.Split('\0')[0]).ToArray();
            if (IsolateArguments.Parse(words, out _) is not { } request)
            {
                continue;
            }

            understood++;
            if (request.Action != IsolateAction.Run || IsolateJob.Problem(request) is not null)
            {
                continue;
            }

            runnable++;
            var job = IsolateJob.Of(request, s_facts);
            Assert.Empty(Problems(job));
            Assert.All(job.Start.Opened, static file => Assert.StartsWith("/", file.Path, StringComparison.Ordinal));
        }

        // One that refuses everything finds nothing.
        Assert.True(understood > all / 20 && runnable > all / 50, $"{all} {understood} {runnable}");
    }

    // A program without a name, and one of more than the kernel takes, is the caller's mistake, and is told as one.
    private static IEnumerable<string> Problems(JobSpec job)
    {
        try
        {
            JobFile.Validate(job);
            return [];
        }
        catch (InvalidJobException invalid)
        {
            return invalid.Problems.Where(static problem => problem.Pointer != "/command/0" && !problem.Message.Contains("longer than", StringComparison.Ordinal)).Select(static problem => problem.ToString());
        }
    }
}
