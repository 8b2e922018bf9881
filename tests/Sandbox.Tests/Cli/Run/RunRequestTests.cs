using Sandbox.Cli.Run;
using Xunit;

namespace Sandbox.Tests.Cli.Run;

public sealed class RunRequestTests
{
    [Fact]
    public void Without_options_the_output_is_relayed_under_the_limits_for_people()
    {
        var request = Request.OfWords("make", "-j4");

        Assert.Equal(["make", "-j4"], request.Job.Command);
        Assert.IsType<NullStdin>(request.Job.Stdin);
        Assert.IsType<InheritStream>(request.Job.Stdout);
        Assert.IsType<InheritStream>(request.Job.Stderr);
        Assert.Equal(
            new ResourceLimits
            {
                WallTime = null,
                MemoryBytes = 2L << 30,
                Processes = 1024,
                OutputBytes = null,
                FileSizeBytes = null,
                OpenFiles = 1024,
                DiskBytes = 1L << 30,
            },
            request.Job.Limits);
        Assert.Null(request.ResultFile);
        Assert.False(request.PrintsJob);
    }

    [Fact]
    public void Options_for_the_program_are_those_of_the_job_file()
    {
        var job = Request.Job("-w", "/src/", "-h", "box", "--name", "n", "-u", "7:8", "--traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");

        Assert.Equal(("/src", "box", "n"), (job.WorkingDirectory, job.Hostname, job.Name));
        Assert.Equal(new JobUser { Uid = 7, Gid = 8 }, job.User);
        Assert.Equal("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", job.Traceparent);
    }

    [Theory]
    [InlineData("root", 0, 0)]
    [InlineData("0", 0, 0)]
    [InlineData("5", 5, 5)]
    [InlineData("5:root", 5, 0)]
    [InlineData("4294967294:1", 4294967294, 1)]
    public void A_user_is_a_number_or_root(string value, uint uid, uint gid) =>
        Assert.Equal(new JobUser { Uid = uid, Gid = gid }, Request.Job("--user", value).User);

    [Theory]
    [InlineData("nobody", "-u nobody: must be root, UID or UID:GID: the names of the host's users mean nothing in the sandbox")]
    [InlineData("1:", "must be root, UID or UID:GID")]
    [InlineData("1:2:3", "must be root, UID or UID:GID")]
    [InlineData("-1", "must be root, UID or UID:GID")]
    [InlineData("4294967295", "-u 4294967295: must be")]
    public void A_user_of_another_kind_is_refused(string value, string problem) =>
        Assert.Contains(problem, Request.Problems("-u", value), StringComparison.Ordinal);

    [Fact]
    public void The_entrypoint_comes_before_the_words_of_the_command()
    {
        Assert.Equal(["/bin/echo", "true"], Request.Job("--entrypoint", "/bin/echo").Command);
        Assert.Equal(["true"], Request.Job("--entrypoint", "").Command);
        Assert.Equal(["ls"], Request.OfWords("--entrypoint=ls").Job.Command);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-i")]
    [InlineData("-i --")]
    public void A_command_is_needed(string words) =>
        Assert.Contains("a command is missing", Request.ProblemsOfWords(words.Split(' ', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);

    [Fact]
    public void Streams_are_named_or_files()
    {
        var inherited = Request.Job("-i").Stdin;
        var file = Request.Job("--stdin", "in.txt", "--stdout", "./out", "--stderr", "/err");
        var merged = Request.Job("--stdin=inherit", "--stdout=discard", "--stderr=stdout");
        var text = Request.Job("-i", "--stdin-text", "a=b").Stdin;

        Assert.IsType<InheritStdin>(inherited);
        Assert.Equal(new ContentStdin { Content = new FileContent { Path = $"{Request.Directory}/in.txt" } }, file.Stdin);
        Assert.Equal(new FileOutput { Path = $"{Request.Directory}/out" }, file.Stdout);
        Assert.Equal(new FileOutput { Path = "/err" }, file.Stderr);
        Assert.Equal((new InheritStdin(), new DiscardStream(), new MergedStream()), (merged.Stdin, merged.Stdout, merged.Stderr));
        Assert.Equal("a=b"u8, ((InlineContent)((ContentStdin)text).Content).Bytes.Span);
        Assert.IsType<NullStdin>(Request.Job("-i", "--stdin", "null").Stdin);
    }

    [Fact]
    public void A_captured_stream_is_bounded_and_needs_a_result()
    {
        Assert.Equal(16 << 20, Request.Job("--stdout=capture", "--result=r").Limits.OutputBytes);
        Assert.Null(Request.Job("--stdout=capture", "--result=r", "--output=none").Limits.OutputBytes);
        Assert.Equal(5, Request.Job("--stdout=capture", "--job", "--output=5").Limits.OutputBytes);
        Assert.Contains("needs --result", Request.Problems("--stderr=capture"), StringComparison.Ordinal);
    }

    [Fact]
    public void Changes_are_saved_or_listed_in_the_result()
    {
        Assert.Equal(new DiffSpec { To = $"{Request.Directory}/a.tar" }, Request.Job("--save-diff", "a.tar").Diff);
        Assert.Equal(new DiffSpec { To = "/a.tar.gz" }, Request.Job("--save-diff=/a.tar.gz", "--diff", "--result=r").Diff);
        Assert.Equal(new DiffSpec(), Request.Job("--diff", "--result=r").Diff);
        Assert.Null(Request.Job().Diff);
        Assert.Contains("needs --result", Request.Problems("--diff"), StringComparison.Ordinal);
        Assert.StartsWith("--save-diff /a.zip: ", Request.Problems("--save-diff=/a.zip"), StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_about_the_command_is_not_in_the_job()
    {
        var request = Request.Of("--job", "--result", "r.json", "--cgroup", "none", "--lease-cores", "1-2", "--rm", "--init", "--read-only", "--cap-drop", "ALL");

        Assert.Equal((true, "r.json", "none", "1-2"), (request.PrintsJob, request.ResultFile, request.Cgroup, request.LeaseCores));
        Assert.Equivalent(Request.Job(), request.Job, strict: true);
    }

    [Fact]
    public void Isolation_is_that_of_the_job_file()
    {
        var job = Request.Job("--network=loopback", "--proc=pid", "--isolation=strict", "--seccomp=judge", "--net", "host");

        Assert.Equal((Network.Host, ProcView.Pid, IsolationLevel.Strict), (job.Network, job.Proc, job.Isolation));
        Assert.Equal(new NamedPolicy { Name = "judge" }, job.Seccomp);
    }

    [Fact]
    public void What_is_allowed_is_reached()
    {
        Assert.Equal(Network.Egress("registry.example.org:443", "*.example.org"), Request.Job("--network", "egress", "--allow", "registry.example.org:443", "--allow=*.example.org").Network);
        Assert.Equal(Network.Egress("any"), Request.Job("--allow", "any").Network);
        Assert.Equal(
            new JoinedNetwork { NetworkName = "net", Name = "db", Address = "10.89.0.7", Allow = ["any"] },
            Request.Job("--network-alias", "db", "--network", "net", "--ip=10.89.0.7", "--allow", "any").Network);
    }

    [Fact]
    public void A_published_port_needs_a_network_and_brings_one()
    {
        var job = Request.Job("-p", "8080:80", "--publish=[::1]::443/tcp");

        Assert.Equal(["127.0.0.1:8080:80", "[::1]:0:443"], job.Ports.Select(static port => port.ToString()));
        Assert.Equal(Network.Loopback, job.Network);
        Assert.Equal(Network.Egress("any"), Request.Job("-p80", "--allow=any").Network);
        Assert.Equal(Network.None, Request.Job("--network=none").Network);
        Assert.Contains("-p 80: the job needs a network of its own", Request.Problems("-p80", "--network=none"), StringComparison.Ordinal);
        Assert.Contains("only TCP", Request.Problems("-p53:53/udp", "--rm"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--network=host", "--allow=any", "--allow any: --allow and --network host exclude each other")]
    [InlineData("--allow=any", "--network=none", "--network none: --allow and --network none exclude each other")]
    [InlineData("--allow=any", "--allow=127.1", "--allow 127.1: ")]
    [InlineData("--network=egress", "--rm", "--network egress: must name what the job may reach")]
    public void What_is_allowed_needs_a_network_and_a_meaning(string first, string second, string problem) => Assert.Contains(problem, Request.Problems(first, second), StringComparison.Ordinal);

    [Fact]
    public void A_policy_is_a_name_a_file_or_written_in_place()
    {
        Assert.Equal(new PolicyFile { Path = $"{Request.Directory}/own.json" }, Request.Job("--seccomp", "own.json").Seccomp);
        Assert.Equal(new PolicyFile { Path = "/p/own" }, Request.Job("--security-opt", "seccomp:/p/own").Seccomp);
        Assert.Equal(new NamedPolicy { Name = "judge" }, Request.Job("--security-opt", "seccomp=judge", "--security-opt=no-new-privileges:true").Seccomp);
        Assert.Equal("{ }"u8, ((InlinePolicy)Request.Job("--seccomp", "{ }").Seccomp).Json.Span);
    }

    [Fact]
    public void Capabilities_are_those_added_and_not_dropped()
    {
        Assert.Equal(CapabilitySet.None, Request.Job("--cap-drop=ALL", "--cap-drop=cap_net_raw,MKNOD").Capabilities);
        Assert.Equal(CapabilitySet.Chown | CapabilitySet.Setuid, Request.Job("--cap-add=chown,CAP_SETUID", "--cap-drop=ALL", "--cap-add", "CHOWN").Capabilities);
        Assert.Equal(CapabilitySet.Chown, Request.Job("--cap-drop=setuid", "--cap-add=CHOWN", "--cap-add=SETUID").Capabilities);
    }

    [Fact]
    public void Ids_and_devices_are_those_of_the_job_file()
    {
        var job = Request.Job("--subids", "--device=/dev/kvm", "--device", "/dev/fuse");

        Assert.True(job.SubIds);
        Assert.Equal(["/dev/kvm", "/dev/fuse"], job.Devices);
    }

    [Theory]
    [InlineData("--cap-add=SYS_ADMIN", "--cap-add SYS_ADMIN: no job is granted this; possible are CHOWN")]
    [InlineData("--cap-add=ALL", "no job is granted this")]
    [InlineData("--cap-drop=CHOWM", "\"CHOWM\" is no capability; did you mean CHOWN?")]
    [InlineData("--device=/dev/kvm:/dev/x", "must be one path")]
    [InlineData("--device=/etc/passwd", "--device /etc/passwd: must be the path of a device below /dev")]
    [InlineData("--image=", "--image: ")]
    [InlineData("--network=a.b", "--network a.b: must be 1 to 63 lower-case letters")]
    [InlineData("--network-alias=db", "--network-alias db: must name a network")]
    [InlineData("--network=loopbak", "did you mean loopback?")]
    [InlineData("--proc=none", "--proc none: must be full or pid")]
    [InlineData("--isolation=weak", "--isolation weak: must be normal or strict")]
    [InlineData("--seccomp=unconfined", "no job runs without a policy")]
    [InlineData("--security-opt=apparmor=x", "must be seccomp=POLICY or no-new-privileges")]
    [InlineData("--security-opt=seccomp=unconfined", "no job runs without a policy")]
    [InlineData("--security-opt=seccomp", "must be seccomp=POLICY")]
    [InlineData("--hostname=a b", "--hostname a b: must consist of letters")]
    [InlineData("-w=src", "-w src: must be an absolute path inside the sandbox")]
    [InlineData("--traceparent=x", "--traceparent x: must be a W3C trace context")]
    [InlineData("--result=", "--result: must not be empty")]
    [InlineData("--rootfs=", "--rootfs: must not be empty")]
    [InlineData("--stdout=", "--stdout: must not be empty")]
    [InlineData("--stdout=/a/", "--stdout /a/: must be a file, not a directory")]
    public void A_wrong_value_names_the_option(string option, string problem) =>
        Assert.Contains(problem, Request.Problems(option), StringComparison.Ordinal);

    [Fact]
    public void Every_problem_is_told_at_once()
    {
        var read = Request.Problems("-v", "a", "--memory", "lots", "--proc", "x");
        var judged = Request.Problems("-v", "a:b", "--memory", "0", "-w", "x");

        Assert.Equal(3, read.Split('\n').Length);
        Assert.Equal(3, judged.Split('\n').Length);
    }

    [Fact]
    public void Secrets_do_not_show_in_problems()
    {
        var problems = Request.Problems("-e", "=s3cr3t", "--text", "rel=s3cr3t", "--stdin-text", "s3cr3t\0", "-e", "TOKEN=s3cr3t\0") +
            Request.Problems("--text", "rel=s3cr3t", "--text", "rel=s3cr3t", "-e", "TOKEN=s3cr3t\0");

        Assert.NotEmpty(problems);
        Assert.DoesNotContain("s3cr3t", problems, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_current_directory_relative_paths_are_refused()
    {
        RunRequest.Read(RunArguments.Parse(["-v", ".:/a", "ls"]), "", _ => null, out var relative);
        var absolute = RunRequest.Read(RunArguments.Parse(["-v", "/x:/a", "ls"]), "", _ => null, out _);

        Assert.Equal("-v .:/a: is relative, but the current directory no longer exists", Assert.Single(relative));
        Assert.NotNull(absolute);
    }

    [Theory]
    [InlineData("/mounts/0", "-v a:/b")]
    [InlineData("/mounts/0/source", "-v a:/b")]
    [InlineData("/files/~1work~1x/from", "--file /work/x=x")]
    [InlineData("/limits/memory", "-m 1g")]
    [InlineData("/command/0", "the command")]
    [InlineData("/env/A", "-e A")]
    [InlineData("/mounts/1", null)]
    [InlineData("/limits", null)]
    [InlineData(null, null)]
    public void A_member_is_traced_to_its_option(string? pointer, string? origin)
    {
        var request = Request.Of("-v", "a:/b", "--file", "/work/x=x", "-m", "1g", "-e", "A=1");

        Assert.Equal(origin, request.Origin(pointer));
    }
}
