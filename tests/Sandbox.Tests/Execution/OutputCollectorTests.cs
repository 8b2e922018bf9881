using System.Diagnostics;
using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Security.Cryptography;
using Sandbox.Execution.Collect;
using Sandbox.Hashing;
using Sandbox.Interop;
using Xunit;

namespace Sandbox.Tests.Execution;

[SupportedOSPlatform("linux")]
public sealed class OutputCollectorTests : IDisposable
{
    private readonly TemporaryDirectory _job = new();
    private readonly TemporaryDirectory _host = new();

    [Fact]
    public void A_file_arrives_with_its_bytes_and_its_digest()
    {
        _job.Write("work/a.out", "hello");

        var collected = Collect("/work/a.out", "a.out");

        var output = Assert.Single(collected.Outputs);
        Assert.Equal(("/work/a.out", 5L, $"{_host.Path}/a.out"), (output.Path, output.Bytes, output.To));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData("hello"u8)), output.Sha256);
        Assert.Equal("hello", _host.Read("a.out"));
        Assert.Null(collected.Required);
    }

    [Fact]
    public void Missing_directories_of_the_destination_are_made_and_nothing_else_is_left()
    {
        _job.Write("work/a.out", "x");

        Collect("/work/a.out", "one/two/");

        Assert.Equal([$"{_host.Path}/one/two/a.out"], Directory.GetFiles(_host.Path, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public void An_existing_destination_is_replaced()
    {
        _job.Write("work/a.out", "new");
        _host.Write("a.out", "old and longer");

        Collect("/work/a.out", "a.out");

        Assert.Equal("new", _host.Read("a.out"));
    }

    [Theory]
    [InlineData(UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.SetUser, true)]
    [InlineData(UnixFileMode.UserRead | UnixFileMode.OtherWrite, false)]
    public void Only_the_executable_bit_of_the_mode_survives(UnixFileMode mode, bool isExecutable)
    {
        File.SetUnixFileMode(_job.Write("work/a.out", "x"), mode);

        Collect("/work/a.out", "a.out");

        var arrived = File.GetUnixFileMode($"{_host.Path}/a.out");
        Assert.Equal(isExecutable, arrived.HasFlag(UnixFileMode.UserExecute));
        Assert.Equal(UnixFileMode.None, arrived & (UnixFileMode.SetUser | UnixFileMode.OtherWrite | UnixFileMode.GroupWrite));
    }

    [Fact]
    public void A_symbolic_link_is_refused()
    {
        Directory.CreateDirectory($"{_job.Path}/work");
        File.CreateSymbolicLink($"{_job.Path}/work/x", "/etc/hostname");

        AssertRefused("/work/x", "not a regular file (symbolic link)");
    }

    [Fact]
    public void A_directory_that_is_a_symbolic_link_is_refused()
    {
        Directory.CreateDirectory($"{_job.Path}/work");
        File.CreateSymbolicLink($"{_job.Path}/work/dir", "/etc");

        AssertRefused("/work/dir/hostname", "a directory of its path is a symbolic link");
    }

    [Fact]
    public void A_link_to_a_place_inside_is_refused_too()
    {
        _job.Write("work/real/file", "x");
        File.CreateSymbolicLink($"{_job.Path}/work/dir", "real");

        AssertRefused("/work/dir/file", "a directory of its path is a symbolic link");
    }

    [Fact]
    public void A_hard_link_on_a_foreign_file_system_is_refused()
    {
        Run("ln", _host.Write("secret", "x"), $"{Directory.CreateDirectory($"{_job.Path}/work").FullName}/x");

        AssertRefused("/work/x", "a hard link: the file has other names outside the job's own file systems");
    }

    [Fact]
    public void A_hard_link_on_the_jobs_own_file_system_is_collected()
    {
        Run("ln", _job.Write("work/x", "mine"), $"{_job.Path}/work/y");
        using var root = _job.Open();

        var collected = Collecting.From(root, OutputCollector.DevicesOf([root]), new CollectBudget(null), Spec("/work/y", "y"));

        Assert.Equal("mine", _host.Read("y"));
        Assert.Empty(collected.Errors);
    }

    [Fact(Timeout = 10_000)]
    public async Task A_fifo_is_refused_without_waiting_for_a_writer()
    {
        Run("mkfifo", $"{Directory.CreateDirectory($"{_job.Path}/work").FullName}/x");

        await Task.Run(() => AssertRefused("/work/x", "not a regular file (FIFO)"), TestContext.Current.CancellationToken);
    }

    [Fact]
    public void A_socket_is_refused()
    {
        Directory.CreateDirectory($"{_job.Path}/work");
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint($"{_job.Path}/work/x"));

        AssertRefused("/work/x", "not a regular file (socket)");
    }

    [Fact]
    public void A_device_is_refused()
    {
        var collected = CollectFrom("/", Spec("/dev/zero", "x"));

        Assert.Equal("not a regular file (device)", Assert.Single(collected.Errors).Error);
        Assert.Empty(Directory.GetFileSystemEntries(_host.Path));
    }

    [Fact]
    public void A_directory_is_refused()
    {
        Directory.CreateDirectory($"{_job.Path}/work/x");

        AssertRefused("/work/x", "not a regular file (directory)");
    }

    [Fact]
    public void A_sparse_terabyte_is_refused_by_its_size()
    {
        using (var file = new FileStream(_job.Write("work/x", ""), FileMode.Open))
        {
            file.SetLength(1L << 40);
        }

        AssertRefused("/work/x", "larger than its maxSize of 1 MiB: it has 1 TiB");
    }

    [Fact]
    public void What_the_kernel_makes_up_is_no_output()
    {
        var collected = CollectFrom("/", Spec($"/proc/{Environment.ProcessId}/maps", "x"));

        var failure = Assert.Single(collected.Errors);
        Assert.Equal(("not a regular file (it is in /proc or /sys: the kernel makes it up)", OutputRefusal.NotRegular), (failure.Error, failure.Refusal));
        Assert.Empty(Directory.GetFileSystemEntries(_host.Path));
    }

    [Fact]
    public void A_file_that_brings_more_than_its_size_said_is_cut_off()
    {
        // Files of procfs have size 0 and content all the same.
        using var file = File.OpenHandle("/proc/self/maps");
        Assert.Equal(0, Libc.Status(file, out var status));
        var output = Spec("/work/x", "x");
        using var destinations = OutputDestinations.Open(new() { Command = ["true"], Outputs = [output] });

        var error = new OutputCopy(file, status, 100, new CollectBudget(null), CancellationToken.None).To(destinations.File(output.To), destinations.Reserve, out _);

        Assert.Equal("larger than its maxSize of 100 bytes: it grew while it was read", error);
        Assert.Empty(Directory.GetFileSystemEntries(_host.Path));
    }

    [Theory]
    [InlineData("/work/../../etc/hostname")]
    [InlineData("/..")]
    [InlineData("/../*")]
    public void A_path_that_climbs_is_refused(string path) =>
        AssertRefused(path, "'..' may not be part of an output's path");

    [Fact]
    public void A_file_of_exactly_the_largest_size_is_collected()
    {
        _job.Write("work/x", new string('x', 100));

        var collected = CollectFrom(_job.Path, Spec("/work/x", "x") with { MaxSizeBytes = 100 });

        Assert.Equal(100, Assert.Single(collected.Outputs).Bytes);
    }

    [Fact]
    public void A_missing_required_file_is_an_error() => AssertRefused("/work/x", "no such file");

    [Fact]
    public void A_missing_optional_file_is_no_error()
    {
        var collected = CollectFrom(_job.Path, Spec("/work/x", "x") with { Optional = true }, Spec("/work/*.x", "x/") with { Optional = true });

        Assert.Empty(collected.Errors);
        Assert.Null(collected.Required);
    }

    [Fact]
    public void An_unsafe_optional_file_is_reported_and_does_not_decide()
    {
        Directory.CreateDirectory($"{_job.Path}/work/x");

        var collected = CollectFrom(_job.Path, Spec("/work/x", "x") with { Optional = true });

        Assert.Equal("/work/x", Assert.Single(collected.Errors).Path);
        Assert.Null(collected.Required);
    }

    [Fact]
    public void A_bad_file_does_not_keep_the_next_from_being_collected()
    {
        _job.Write("work/b", "b");

        var collected = CollectFrom(_job.Path, Spec("/work/a", "a"), Spec("/work/b", "b"));

        Assert.Equal("/work/a", collected.Required?.Path);
        Assert.Equal("/work/b", Assert.Single(collected.Outputs).Path);
    }

    [Fact]
    public void A_destination_that_cannot_be_written_is_found_before_the_job()
    {
        _job.Write("work/x", "x");
        _host.Write("taken/by", "a directory");

        var exception = Assert.Throws<SandboxException>(() => Collect("/work/x", "taken"));

        Assert.Equal((JobPhase.Prepare, "EISDIR", "/outputs/0/to"), (exception.Phase, exception.Errno, exception.Pointer));
        Assert.Equal(["by"], Directory.GetFiles(_host.Path, "*", SearchOption.AllDirectories).Select(Path.GetFileName));
    }

    public void Dispose()
    {
        _job.Dispose();
        _host.Dispose();
    }

    private OutputSpec Spec(string path, string to) =>
        new() { Path = path, To = $"{_host.Path}/{to}", MaxSizeBytes = 1 << 20 };

    private CollectedOutputs Collect(string path, string to) => CollectFrom(_job.Path, Spec(path, to));

    private static CollectedOutputs CollectFrom(string directory, params OutputSpec[] outputs)
    {
        using var root = TemporaryDirectory.Open(directory);
        return Collecting.From(root, new CollectBudget(null), outputs);
    }

    private void AssertRefused(string path, string error)
    {
        var before = Directory.GetFileSystemEntries(_host.Path);

        var collected = Collect(path, "copy");

        Assert.Equal((path, error), (Assert.Single(collected.Errors).Path, collected.Errors[0].Error));
        Assert.Equal(collected.Errors[0], collected.Required);
        Assert.Empty(collected.Outputs);
        Assert.Equal(before, Directory.GetFileSystemEntries(_host.Path));
    }

    private static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }
}
