using Xunit;

namespace Sandbox.Tests.Cli.Run;

public sealed class FileOptionsTests
{
    public static TheoryData<string, Mount> Mounts => new()
    {
        { "-v=./a:/b", new BindMount { Source = $"{Request.Directory}/a", Target = "/b" } },
        { "-v=a/:/b", new BindMount { Source = $"{Request.Directory}/a/", Target = "/b" } },
        { "-v=a:/b", new VolumeMount { Name = "a", Target = "/b", Create = true } },
        { "-v=a-1_.x:/b/:rw,noexec", new VolumeMount { Name = "a-1_.x", Target = "/b", NoExec = true, Create = true } },
        { "-v=a:/b:ro", new VolumeMount { Name = "a", Target = "/b", ReadOnly = true } },
        { "-v=a:/b:nocopy", new VolumeMount { Name = "a", Target = "/b", Create = true, Copy = false } },
        { "--mount=type=volume,src=a,dst=/b,volume-nocopy", new VolumeMount { Name = "a", Target = "/b", Create = true, Copy = false } },
        { "--mount=type=volume,src=a,dst=/b,nocopy=false", new VolumeMount { Name = "a", Target = "/b", Create = true } },
        { "-v=a:/b:overlay", new OverlayMount { Source = $"{Request.Directory}/a", Target = "/b" } },
        { "-v=a:/b:O,upper=k", new OverlayMount { Source = $"{Request.Directory}/a", Target = "/b", Upper = $"{Request.Directory}/k" } },
        { "-v=a:/b:ro,optional", new BindMount { Source = $"{Request.Directory}/a", Target = "/b", Optional = true } },
        { "--mount=type=volume,src=a,dst=/b", new VolumeMount { Name = "a", Target = "/b", Create = true } },
        { "--mount=type=volume,source=a,target=/b,readonly,noexec", new VolumeMount { Name = "a", Target = "/b", ReadOnly = true, NoExec = true } },
        { "-v=.:/b/", new BindMount { Source = Request.Directory, Target = "/b" } },
        { "-v=../x:/b:ro", new BindMount { Source = $"{Request.Directory}/../x", Target = "/b" } },
        { "-v=/a:/b:rw", new BindMount { Source = "/a", Target = "/b", Writable = true } },
        { "-v=/a:/b:rw,noexec,optional", new BindMount { Source = "/a", Target = "/b", Writable = true, NoExec = true, Optional = true } },
        { "-v=/a:/b:rw:noexec", new BindMount { Source = "/a", Target = "/b", Writable = true, NoExec = true } },
        { "-v=/a:/b:overlay", new OverlayMount { Source = "/a", Target = "/b" } },
        { "-v=/a:/b:O,noexec", new OverlayMount { Source = "/a", Target = "/b", NoExec = true } },
        { "-v=/a:/b:overlay,upper=kept", new OverlayMount { Source = "/a", Target = "/b", Upper = $"{Request.Directory}/kept" } },
        { "-v=/a:/b:O:upper=/kept:noexec", new OverlayMount { Source = "/a", Target = "/b", Upper = "/kept", NoExec = true } },
        { "--mount=type=overlay,source=/a,target=/b,upper=kept", new OverlayMount { Source = "/a", Target = "/b", Upper = $"{Request.Directory}/kept" } },
        { "--mount=type=bind,source=a,target=/b", new BindMount { Source = $"{Request.Directory}/a", Target = "/b" } },
        { "--mount=type=bind,src=/a,dst=/b,readonly", new BindMount { Source = "/a", Target = "/b" } },
        { "--mount=type=bind,src=/a,dst=/b,readonly=false", new BindMount { Source = "/a", Target = "/b", Writable = true } },
        { "--mount=dst=/b,type=bind,src=/a,writable,noexec=1,optional=true", new BindMount { Source = "/a", Target = "/b", Writable = true, NoExec = true, Optional = true } },
        { "--mount=type=bind,src=/a,dst=/b,rw=0", new BindMount { Source = "/a", Target = "/b" } },
        { "--mount=type=bind,\"source=/a,b:\"\"c\"\"\",target=/b", new BindMount { Source = "/a,b:\"c\"", Target = "/b" } },
        { "--mount=type=overlay,source=/a,destination=/b", new OverlayMount { Source = "/a", Target = "/b" } },
        { "--mount=type=symlink,source=usr/bin,target=/b", new SymlinkMount { Source = "usr/bin", Target = "/b" } },
        { "--mount=type=tmpfs,target=/b,tmpfs-size=64m,inodes=9,noexec", new TmpfsMount { Target = "/b", SizeBytes = 64 << 20, Inodes = 9, NoExec = true } },
        { "--tmpfs=/b", new TmpfsMount { Target = "/b" } },
        { "--tmpfs=/b:rw,nosuid,nodev,exec", new TmpfsMount { Target = "/b" } },
        { "--tmpfs=/b/:size=1MiB,nr_inodes=5,noexec", new TmpfsMount { Target = "/b", SizeBytes = 1 << 20, Inodes = 5, NoExec = true } },
        { "--shm-size=64m", new TmpfsMount { Target = "/dev/shm", SizeBytes = 64 << 20 } },
    };

    [Theory]
    [MemberData(nameof(Mounts))]
    public void A_mount_is_that_of_the_job_file(string option, Mount expected) =>
        Assert.Equal(expected, Assert.Single(Request.Job(option).Mounts));

    [Theory]
    [InlineData(true, "--image=x", "-v=a:/b:ro")]
    [InlineData(true, "-v=a:/b:ro", "--image=x")]
    [InlineData(false, "--image=x", "-v=a:/b:ro,nocopy")]
    public void One_that_is_only_read_is_made_where_an_image_may_fill_it(bool isMade, params string[] options) =>
        Assert.Equal(isMade, ((VolumeMount)Assert.Single(Request.Job(options).Mounts)).Create);

    [Fact]
    public void Mounts_keep_the_order_of_the_command_line()
    {
        var mounts = Request.Job("-v", "/a:/1", "--tmpfs", "/2", "--mount", "type=bind,src=/a,dst=/3", "-v", "/a:/4:O").Mounts;

        Assert.Equal(["/1", "/2", "/3", "/4"], mounts.Select(mount => mount.Target));
    }

    [Theory]
    [InlineData("-v=/data", "-v /data: must be SRC:DST[:OPTIONS]; --tmpfs gives an empty directory")]
    [InlineData("-v=:/b", "must be SRC:DST[:OPTIONS], none of them empty")]
    [InlineData("-v=/a:", "must be SRC:DST[:OPTIONS], none of them empty")]
    [InlineData("-v=/a:b", "-v /a:b: must be an absolute path inside the sandbox")]
    [InlineData("-v=/a:/b/../c", "must not contain \"..\"")]
    [InlineData("-v=/a:/", "must not be \"/\"")]
    [InlineData("-v=/a:/b:rx", "\"rx\" must be ro, rw, overlay, O, upper=DIRECTORY, noexec, optional or nocopy")]
    [InlineData("-v=/a:/b:nocopy", "nocopy is for volumes")]
    [InlineData("--mount=type=bind,src=/a,dst=/b,volume-nocopy", "nocopy does not apply to a bind mount")]
    [InlineData("-v=/a:/b:overly", "did you mean overlay?")]
    [InlineData("-v=/a:/b:", "\"\" must be ro")]
    [InlineData("-v=/a:/b:ro,rw", "ro and rw exclude each other")]
    [InlineData("-v=/a:/b:O:rw", "O and rw exclude each other")]
    [InlineData("-v=/a:/b:overlay,optional", "an overlay cannot be optional")]
    [InlineData("-v=/a:/b:rw,upper=/u", "upper belongs to an overlay")]
    [InlineData("-v=/a:/b:O,upper=/u,upper=/v", "upper is given twice")]
    [InlineData("-v=/a:/b:O,upper=", "must not be empty")]
    [InlineData("--mount=type=bind,source=/a,target=/b,upper=/u", "upper does not apply to a bind mount")]
    [InlineData("-v=sha256:beef:/b:rw", "always read-only")]
    [InlineData("-v=/a:/b:Z", "relabels files for SELinux")]
    [InlineData("-v=a:/b:rx", "\"rx\" must be ro, rw, overlay, O, upper=DIRECTORY, noexec, optional or nocopy")]
    [InlineData("-v=a:/b:z", "relabels files for SELinux")]
    [InlineData("-v=a:/b:ro,rw", "ro and rw exclude each other")]
    [InlineData("--mount=source=/a,target=/b", "type is missing: bind, volume, tmpfs, overlay or symlink")]
    [InlineData("--mount=type=volumes,source=/a,target=/b", "type must be bind, volume, tmpfs, overlay or symlink")]
    [InlineData("--mount=type=volume,source=/a,target=/b", "must be the name of a volume")]
    [InlineData("--mount=type=volume,target=/b", "source is missing")]
    [InlineData("--mount=type=volume,source=a,target=/b,writable", "writable does not apply to a volume mount")]
    [InlineData("--mount=type=bind,source=/a", "target is missing")]
    [InlineData("--mount=type=bind,target=/b", "source is missing")]
    [InlineData("--mount=type=bind,source,target=/b", "source needs a value")]
    [InlineData("--mount=type=bind,source=/a,target=/b,bind-propagation=shared", "\"bind-propagation\" must be type, source, target")]
    [InlineData("--mount=type=bind,source=/a,target=/b,readonly=yes", "readonly must be true or false")]
    [InlineData("--mount=type=bind,source=/a,src=/c,target=/b", "source is given twice")]
    [InlineData("--mount=type=bind,source=/a,target=/b,ro,rw", "readonly and writable exclude each other")]
    [InlineData("--mount=type=tmpfs,source=/a,target=/b", "source does not apply to a tmpfs mount")]
    [InlineData("--mount=type=overlay,source=/a,target=/b,readonly", "readonly does not apply to a overlay mount")]
    [InlineData("--mount=type=bind,source=/a,target=/b,size=1m", "size does not apply to a bind mount")]
    [InlineData("--mount=type=tmpfs,target=/b,size=lots", "size must be a size")]
    [InlineData("--mount=type=bind,\"source=/a,target=/b", "has a quote that is not closed")]
    [InlineData("--mount=type=bind,\"source=/a\"x,target=/b", "has a quote that is not closed, or text after one")]
    [InlineData("--mount=type=bind,source=,target=/b", "must not be empty")]
    [InlineData("--mount=", "\"\" must be type")]
    [InlineData("--tmpfs=b", "--tmpfs b: must be an absolute path inside the sandbox")]
    [InlineData("--tmpfs=/b:size=0", "must be at least 1 byte")]
    [InlineData("--tmpfs=/b:size", "\"size\" is no option of a tmpfs")]
    [InlineData("--tmpfs=/b:mode=1777", "\"mode=1777\" is no option of a tmpfs")]
    [InlineData("--tmpfs=/b:nr_inodes=many", "the number of inodes must be a whole number")]
    [InlineData("--tmpfs=/b:size=2g", "--tmpfs /b:size=2g: the sized tmpfs mounts exceed the disk limit of 1 GiB")]
    [InlineData("--shm-size=none", "must be a size")]
    public void A_mount_that_is_wrong_says_why(string option, string problem) =>
        Assert.Contains(problem, Request.Problems(option), StringComparison.Ordinal);

    [Theory]
    [InlineData("host", "HostRootfs { }")]
    [InlineData("empty", "EmptyRootfs { Bare = False }")]
    [InlineData("./host", "DirectoryRootfs { Path = /home/me/project/host, Writable = False, Held =  }")]
    [InlineData("/srv/root:O", "DirectoryRootfs { Path = /srv/root, Writable = True, Held =  }")]
    public void A_root_is_a_name_or_a_directory(string value, string expected) =>
        Assert.Equal(expected, Request.Job("--rootfs", value).Rootfs.ToString());

    [Theory]
    [InlineData("python:3.12", "ImageRootfs { Reference = python:3.12, Writable = True, Held =  }")]
    [InlineData("./python", "ImageRootfs { Reference = /home/me/project/python, Writable = True, Held =  }")]
    [InlineData("python.tar", "ImageRootfs { Reference = /home/me/project/python.tar, Writable = True, Held =  }")]
    public void An_image_is_a_name_or_a_path_and_writable(string value, string expected) =>
        Assert.Equal(expected, Request.Job("--image", value).Rootfs.ToString());

    [Fact]
    public void A_root_is_read_only_if_asked_wherever_it_is_said()
    {
        Assert.Equal(new ImageRootfs { Reference = "a" }, Request.Job("--read-only", "--image=a").Rootfs);
        Assert.Equal(new DirectoryRootfs { Path = "/r" }, Request.Job("--rootfs=/r:O", "--read-only").Rootfs);
        Assert.Equal(new HostRootfs(), Request.Job("--read-only").Rootfs);
    }

    [Fact]
    public void A_directory_and_an_image_exclude_each_other()
    {
        Assert.Equal("--image b: --rootfs and --image exclude each other", Request.Problems("--rootfs=/a", "--image=b"));
        Assert.Equal("--rootfs host: --rootfs and --image exclude each other", Request.Problems("--image=b", "--rootfs=host"));
        Assert.Equal(new ImageRootfs { Reference = "c", Writable = true }, Request.Job("--image=b", "--image=c").Rootfs);
    }

    [Fact]
    public void An_image_may_know_the_command()
    {
        Assert.Empty(Request.OfWords("--image=a").Job.Command);
        Assert.Equal(["b"], Request.OfWords("--image=a", "b").Job.Command);
    }

    [Fact]
    public void A_file_of_the_store_is_named_by_its_digest()
    {
        var digits = new string('a', 64);

        Assert.Equal(
            [
                new InjectedFile { Path = "/work/a", Content = new StoredContent { Sha256 = digits } },
                new InjectedFile { Path = "/work/b", Mode = 0x1ED, Content = new StoredContent { Sha256 = digits }, ReadOnly = false },
                new InjectedFile { Path = "/work/c", Content = new FileContent { Path = "/c" }, ReadOnly = true },
            ],
            Request.Job($"--file=/work/a=sha256:{digits}", $"--file=/work/b=sha256:{digits}:0755", "--file=/work/c=/c:ro").Files);
        Assert.Equal(new StoredMount { Sha256 = digits, Target = "/d", NoExec = true }, Assert.Single(Request.Job($"-v=sha256:{digits}:/d:noexec").Mounts));
        Assert.Equal(new StoredMount { Sha256 = digits, Target = "/d" }, Assert.Single(Request.Job($"--mount=type=bind,source=sha256:{digits},target=/d").Mounts));
        Assert.Equal(new ContentStdin { Content = new StoredContent { Sha256 = digits } }, Request.Job($"--stdin=sha256:{digits}").Stdin);
    }

    [Theory]
    [InlineData("--file=/work/a=b", "/work/a", 0x1A4, "/home/me/project/b")]
    [InlineData("--file=/work/a=/b:0755", "/work/a", 0x1ED, "/b")]
    [InlineData("--file=/work/a=/b:c", "/work/a", 0x1A4, "/b:c")]
    [InlineData("--file=/work/a=/b=c:600", "/work/a", 0x180, "/b=c")]
    public void A_file_is_copied_with_its_mode(string option, string path, int mode, string source)
    {
        var file = Assert.Single(Request.Job(option).Files);

        Assert.Equal(new InjectedFile { Path = path, Mode = mode, Content = new FileContent { Path = source } }, file);
    }

    [Theory]
    [InlineData("--text=/work/a=1=2:0755", "/work/a", 0x1A4, "1=2:0755")]
    [InlineData("--text=/work/a:0755=#!/bin/sh", "/work/a", 0x1ED, "#!/bin/sh")]
    [InlineData("--text=/work/a:b=", "/work/a:b", 0x1A4, "")]
    public void A_text_is_written_with_its_mode(string option, string path, int mode, string text)
    {
        var file = Assert.Single(Request.Job(option).Files);

        Assert.Equal((path, mode), (file.Path, file.Mode));
        Assert.Equal(System.Text.Encoding.UTF8.GetBytes(text), ((InlineContent)file.Content).Bytes.ToArray());
    }

    [Theory]
    [InlineData("--collect=/work/a=b", "/work/a", "/home/me/project/b", 64L << 20, false)]
    [InlineData("--collect=/work/*.log=logs/:16m", "/work/*.log", "/home/me/project/logs/", 16L << 20, false)]
    [InlineData("--collect=/work/a=/b:optional", "/work/a", "/b", 64L << 20, true)]
    [InlineData("--collect=/work/a=/b:c:1KB,optional", "/work/a", "/b:c", 1000L, true)]
    [InlineData("--collect=/work/a=/b:c", "/work/a", "/b:c", 64L << 20, false)]
    public void An_output_has_its_destination_and_size(string option, string path, string to, long size, bool optional)
    {
        var output = Assert.Single(Request.Job(option).Outputs);

        Assert.Equal(new OutputSpec { Path = path, To = to, MaxSizeBytes = size, Optional = optional }, output);
    }

    [Theory]
    [InlineData("--file=/work/a=sha256:beef", "must be \"sha256:\" and 64 hexadecimal digits")]
    [InlineData("--file=/work/a", "must be DST=SRC[:MODE]")]
    [InlineData("--file==b", "must be DST=SRC[:MODE]")]
    [InlineData("--file=a=b", "--file a=b: must be an absolute path inside the sandbox")]
    [InlineData("--file=/a=", "must not be empty")]
    [InlineData("--text=/work/a", "must be DST[:MODE]=TEXT")]
    [InlineData("--text=a=b", "--text a: must be an absolute path inside the sandbox")]
    [InlineData("--collect=/work/a", "must be PATH=TO[:OPTIONS]")]
    [InlineData("--collect=work/a=b", "--collect work/a=b: must be an absolute path inside the sandbox")]
    [InlineData("--collect=/work/*=b", "must be a directory (end with \"/\") because the path is a pattern")]
    [InlineData("--collect=/work/a=b:16x", "the size 16x has an unknown unit")]
    public void A_file_that_is_wrong_says_why(string option, string problem) =>
        Assert.Contains(problem, Request.Problems(option), StringComparison.Ordinal);
}
