using System.Text;
using Xunit;

namespace Sandbox.Tests.Jobs;

public sealed class JobFileTests
{
    [Fact]
    public void A_job_of_a_command_alone_has_the_defaults_of_the_model()
    {
        var spec = Job.Parse("""{"command":["true"]}""");

        Assert.Equivalent(new JobSpec { Command = ["true"] }, spec, strict: true);
    }

    [Fact]
    public void Comments_trailing_commas_and_a_byte_order_mark_are_allowed()
    {
        var spec = Job.Parse("\uFEFF// first\n{ /* here */ \"command\": [\"a\", \"b\",], // there\n}\n// last");

        Assert.Equal(["a", "b"], spec.Command);
    }

    [Fact]
    public void Relative_host_paths_start_from_the_directory_of_the_file_and_are_not_resolved()
    {
        var spec = Job.With("""
            "rootfs": { "directory": "root" },
            "mounts": [
              { "type": "bind", "source": "./data", "target": "/a" },
              { "type": "bind", "source": "/abs", "target": "/b" },
              { "type": "overlay", "source": "../up", "target": "/c/" },
              { "type": "bind", "source": ".", "target": "/d" },
              { "type": "symlink", "source": "usr/bin", "target": "/e" } ],
            "stdin": { "from": "in.txt" },
            "stdout": { "to": "././out.txt" },
            "outputs": [ { "path": "/work/*.log", "to": "./logs/" } ],
            "seccomp": "./policy"
            """);

        Assert.Equal(new DirectoryRootfs { Path = "/home/me/jobs/root" }, spec.Rootfs);
        Assert.Equal(
            [
                new BindMount { Source = "/home/me/jobs/data", Target = "/a" },
                new BindMount { Source = "/abs", Target = "/b" },
                new OverlayMount { Source = "/home/me/jobs/../up", Target = "/c" },
                new BindMount { Source = "/home/me/jobs", Target = "/d" },
                new SymlinkMount { Source = "usr/bin", Target = "/e" },
            ],
            spec.Mounts);
        Assert.Equal(new ContentStdin { Content = new FileContent { Path = "/home/me/jobs/in.txt" } }, spec.Stdin);
        Assert.Equal(new FileOutput { Path = "/home/me/jobs/out.txt" }, spec.Stdout);
        Assert.Equal("/home/me/jobs/logs/", Assert.Single(spec.Outputs).To);
        Assert.Equal(new PolicyFile { Path = "/home/me/jobs/policy" }, spec.Seccomp);
    }

    [Fact]
    public void Without_a_directory_a_relative_path_is_a_problem_and_an_absolute_one_is_not()
    {
        var relative = Assert.Throws<InvalidJobException>(() =>
            JobFile.Parse("""{"command":["a"],"stdin":{"from":"x"}}"""u8, ""));
        var absolute = JobFile.Parse("""{"command":["a"],"stdin":{"from":"/x"}}"""u8, "");

        Assert.Equal("/stdin/from", Assert.Single(relative.Problems).Pointer);
        Assert.IsType<ContentStdin>(absolute.Stdin);
    }

    [Fact]
    public void Every_mount_has_its_members()
    {
        var spec = Job.With("""
            "mounts": [
              { "target": "/a", "source": "/x", "writable": true, "optional": true, "noexec": true, "type": "bind" },
              { "type": "tmpfs", "target": "/b", "size": "64MiB", "inodes": 10000 },
              { "type": "tmpfs", "target": "/c" } ]
            """);

        Assert.Equal(
            [
                new BindMount { Source = "/x", Target = "/a", Writable = true, Optional = true, NoExec = true },
                new TmpfsMount { Target = "/b", SizeBytes = 64 << 20, Inodes = 10000 },
                new TmpfsMount { Target = "/c" },
            ],
            spec.Mounts);
    }

    [Fact]
    public void Files_keep_their_bytes_and_modes()
    {
        var spec = Job.With("""
            "files": {
              "/work/a": { "text": "ä\n\u0000😀\ud83d\ude00" },
              "/work/b": { "base64": "AAEC/w==", "mode": "0755" },
              "/work/c": { "mode": "600", "from": "c" } }
            """);

        Assert.Equal(["/work/a", "/work/b", "/work/c"], spec.Files.Select(file => file.Path));
        Assert.Equal([0x1A4, 0x1ED, 0x180], spec.Files.Select(file => file.Mode));
        Assert.Equal("ä\n\0😀😀"u8, ((InlineContent)spec.Files[0].Content).Bytes.Span);
        Assert.Equal([0, 1, 2, 255], ((InlineContent)spec.Files[1].Content).Bytes.ToArray());
        Assert.Equal(new FileContent { Path = "/home/me/jobs/c" }, spec.Files[2].Content);
    }

    [Fact]
    public void A_volume_is_named_and_written_to_unless_it_says_otherwise()
    {
        var spec = Job.With("""
            "mounts": [ { "type": "volume", "source": "cache", "target": "/a" }, { "type": "volume", "source": "cache", "target": "/b", "create": true, "noexec": true },
                        { "type": "volume", "source": "x.y", "target": "/c", "readOnly": true },
                        { "type": "volume", "source": "y", "target": "/d", "copy": false }, { "type": "volume", "source": "y", "target": "/e", "copy": true } ]
            """);

        Assert.Equal(
            [new VolumeMount { Name = "cache", Target = "/a" }, new VolumeMount { Name = "cache", Target = "/b", Create = true, NoExec = true }, new VolumeMount { Name = "x.y", Target = "/c", ReadOnly = true },
             new VolumeMount { Name = "y", Target = "/d", Copy = false }, new VolumeMount { Name = "y", Target = "/e" }],
            spec.Mounts);
    }

    [Fact]
    public void One_that_is_only_read_is_made_only_where_an_image_fills_it()
    {
        static string Volume(string more) => $"\"mounts\": [ {{ \"type\": \"volume\", \"source\": \"x\", \"target\": \"/a\", \"readOnly\": true, \"create\": true{more} }} ]";

        Assert.Equal(new VolumeMount { Name = "x", Target = "/a", ReadOnly = true, Create = true }, Assert.Single(Job.With(Volume("") + ", \"rootfs\": { \"image\": \"x\" }").Mounts));
        Assert.Contains("/mounts/0/create", Job.ProblemsWith(Volume(", \"copy\": false") + ", \"rootfs\": { \"image\": \"x\" }"));
        Assert.Contains("/mounts/0/create", Job.ProblemsWith(Volume("")));
    }

    [Theory]
    [InlineData("\"source\": \"../x\"", "/mounts/0/source")]
    [InlineData("\"source\": \"/x\"", "/mounts/0/source")]
    [InlineData("\"source\": \"x\", \"writable\": true", "/mounts/0/writable")]
    [InlineData("\"source\": \"x\", \"readOnly\": true, \"create\": true", "/mounts/0/create")]
    [InlineData("\"source\": \"x\", \"upper\": \"/y\"", "/mounts/0/upper")]
    public void A_volume_that_is_none_names_its_member(string members, string pointer) =>
        Assert.Equal(pointer, Assert.Single(Assert.Throws<InvalidJobException>(() => Job.With($$"""
            "mounts": [ { "type": "volume", "target": "/a", {{members}} } ]
            """)).Problems).Pointer);

    [Fact]
    public void Further_ids_do_not_go_with_a_volume_to_write_to()
    {
        const string Mounts = "\"subids\": true, \"mounts\": [ { \"type\": \"volume\", \"source\": \"a\", \"target\": \"/a\"";

        Assert.Equal("/subids", Assert.Single(Assert.Throws<InvalidJobException>(() => Job.With(Mounts + " } ]")).Problems).Pointer);
        Assert.Single(Job.With(Mounts + ", \"readOnly\": true } ]").Mounts);
    }

    [Fact]
    public void Files_of_the_store_are_read_only_unless_said_otherwise_and_others_are_not()
    {
        var digest = new string('a', 64);

        var spec = Job.With($$"""
            "files": {
              "/work/a": { "from": "sha256:{{digest}}" },
              "/work/b": { "from": "sha256:{{digest}}", "readOnly": false, "mode": "0600" },
              "/work/c": { "from": "./sha256:{{digest}}" },
              "/work/d": { "text": "d", "readOnly": true, "mode": "0444" } },
            "mounts": [ { "type": "bind", "source": "sha256:{{digest}}", "target": "/e", "noexec": true } ],
            "stdin": { "from": "sha256:{{digest}}" }
            """);

        Assert.Equal([true, false, false, true], spec.Files.Select(file => file.ReadOnly));
        Assert.Equal(new StoredContent { Sha256 = digest }, spec.Files[0].Content);
        Assert.Equal(new FileContent { Path = $"/home/me/jobs/sha256:{digest}" }, spec.Files[2].Content);
        Assert.Equal(new StoredMount { Sha256 = digest, Target = "/e", NoExec = true }, Assert.Single(spec.Mounts));
        Assert.Equal(new ContentStdin { Content = new StoredContent { Sha256 = digest } }, spec.Stdin);
    }

    [Fact]
    public void None_lifts_every_limit()
    {
        var spec = Job.With("""
            "limits": { "cpuTime": "none", "wallTime": "none", "idleTime": "none", "memory": "none", "processes": "none",
              "output": "none", "fileSize": "none", "openFiles": "none", "stack": "none", "disk": "none", "cpus": "none",
              "memoryHigh": "none", "ioRead": "none", "ioWrite": "none", "addressSpace": "none", "dataSegment": "none" }
            """);

        var lifted = new ResourceLimits
        {
            WallTime = null,
            MemoryBytes = null,
            Processes = null,
            OutputBytes = null,
            FileSizeBytes = null,
            OpenFiles = null,
            StackBytes = ResourceLimits.Unlimited,
            DiskBytes = null,
        };
        Assert.Equal(lifted, spec.Limits);
    }

    [Fact]
    public void Limits_are_read_in_their_units()
    {
        var spec = Job.With("""
            "limits": { "cpuTime": "2s", "wallTime": "1500ms", "idleTime": "2m", "memory": "256MiB", "processes": 64,
              "output": 4096, "fileSize": "1MB", "openFiles": 16, "stack": "1.5MiB", "disk": "1GB",
              "cpus": 1.5, "memoryHigh": "128MiB", "ioRead": "10MB", "ioWrite": 65536, "addressSpace": "2GiB", "dataSegment": 65536 }
            """);

        var expected = new ResourceLimits
        {
            CpuTime = TimeSpan.FromSeconds(2),
            WallTime = TimeSpan.FromMilliseconds(1500),
            IdleTime = TimeSpan.FromMinutes(2),
            MemoryBytes = 256 << 20,
            Processes = 64,
            OutputBytes = 4096,
            FileSizeBytes = 1_000_000,
            OpenFiles = 16,
            StackBytes = 3 << 19,
            DiskBytes = 1_000_000_000,
            Cpus = 1.5,
            MemoryHighBytes = 128 << 20,
            IoReadBytes = 10_000_000,
            IoWriteBytes = 65536,
            AddressSpaceBytes = 2L << 30,
            DataSegmentBytes = 65536,
        };
        Assert.Equal(expected, spec.Limits);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("0-1,66")]
    public void A_cpuset_is_kept_as_it_was_written(string list)
    {
        var spec = Job.With($"\"cpuset\": \"{list}\", \"require\": [\"cpuset\"]");

        Assert.Equal((list, RequiredLimit.Cpuset), (spec.Cpuset, Assert.Single(spec.Require)));
    }

    [Theory]
    [InlineData("\"user\": \"root\"", 0u, 0u)]
    [InlineData("\"user\": { \"gid\": 7, \"uid\": 4294967294 }", 4294967294u, 7u)]
    public void A_user_is_root_or_two_ids(string member, uint uid, uint gid)
    {
        var spec = Job.With(member);

        Assert.Equal(new JobUser { Uid = uid, Gid = gid }, spec.User);
    }

    [Theory]
    [InlineData("./a.tar", "/jobs/a.tar")]
    [InlineData("b/image.tar.gz", "/jobs/b/image.tar.gz")]
    [InlineData("../c", "/jobs/../c")]
    [InlineData("python:3.12", "python:3.12")]
    [InlineData("library/python", "library/python")]
    public void An_image_is_a_path_or_a_name(string reference, string expected)
    {
        var spec = JobFile.Parse(Encoding.UTF8.GetBytes($$"""{ "rootfs": { "image": "{{reference}}", "writable": true } }"""), "/jobs");

        Assert.Equal(new ImageRootfs { Reference = expected, Writable = true }, spec.Rootfs);
        Assert.Empty(spec.Command);
    }

    [Fact]
    public void Privileges_are_read()
    {
        var spec = Job.With("\"capabilities\": [\"CHOWN\", \"CAP_SETUID\"], \"subids\": true, \"devices\": [\"/dev/kvm\"]");

        Assert.Equal(CapabilitySet.Chown | CapabilitySet.Setuid, spec.Capabilities);
        Assert.True(spec.SubIds);
        Assert.Equal(["/dev/kvm"], spec.Devices);
    }

    [Fact]
    public void An_inline_policy_is_kept_as_it_was_written()
    {
        const string Policy = """{ "unlisted": "kill", /* all */ "allow": [ "read", ] }""";

        var spec = Job.With($"\"seccomp\": {Policy}, \"name\": \"after\"");

        Assert.Equal(Policy, Encoding.UTF8.GetString(((InlinePolicy)spec.Seccomp).Json.Span));
        Assert.Equal("after", spec.Name);
    }

    [Theory]
    [InlineData("\"seccomp\": \"judge\"", "judge")]
    [InlineData("\"capabilities\": [], \"seccomp\": \"x\"", "x")]
    public void A_policy_without_slash_or_suffix_is_a_name(string members, string expected)
    {
        var spec = Job.With(members);

        Assert.Equal(new NamedPolicy { Name = expected }, spec.Seccomp);
    }

    [Fact]
    public void Streams_modes_and_labels_are_read()
    {
        var spec = Job.With("""
            "name": "n", "workingDirectory": "/src/", "hostname": "h", "env": { "A": "1", "B": "" },
            "stdin": "inherit", "stdout": "discard", "stderr": "stdout", "terminal": true, "onOutputLimit": "truncate",
            "network": "loopback", "isolation": "strict", "limits": { "cpuTime": "1s" }, "require": ["memory", "cpuTime"],
            "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
            """);

        Assert.Equal(("n", "/src", "h"), (spec.Name, spec.WorkingDirectory, spec.Hostname));
        Assert.Equal([KeyValuePair.Create("A", "1"), KeyValuePair.Create("B", "")], spec.Env);
        Assert.Equal((new InheritStdin(), new DiscardStream(), new MergedStream()), (spec.Stdin, spec.Stdout, spec.Stderr));
        Assert.True(spec.Terminal);
        Assert.Equal(OutputLimitAction.Truncate, spec.OnOutputLimit);
        Assert.Equal((Network.Loopback, IsolationLevel.Strict), (spec.Network, spec.Isolation));
        Assert.Equal([RequiredLimit.Memory, RequiredLimit.CpuTime], spec.Require);
        Assert.StartsWith("00-0af", spec.Traceparent, StringComparison.Ordinal);
    }
}
