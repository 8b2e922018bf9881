using Xunit;

namespace Sandbox.KernelTests;

/// <summary>What an image says of its jobs is the default, and what the job says wins.</summary>
public sealed class ImageDefaultTests : ImageTest
{
    private const string Show = "echo $(busybox id -u):$(busybox id -g) $(pwd) $GREETING $PATH $HOME";

    [KernelFact(tool: "busybox")]
    public async Task Command_environment_directory_and_user_are_those_of_the_image()
    {
        Save("app");

        var result = await RunStoredAsync(Job(Archive));

        AssertPrinted("77:88 /opt/app hello /bin /work", result);
    }

    [KernelFact(tool: "busybox")]
    public async Task What_the_job_says_wins()
    {
        Save("app");

        var result = await RunStoredAsync(Shell(Archive, Show + "; echo $MORE") with
        {
            Env = new Dictionary<string, string> { ["GREETING"] = "mine", ["MORE"] = "more" },
            WorkingDirectory = "/etc",
            User = new JobUser { Uid = 5, Gid = 6 },
        });

        AssertPrinted("5:6 /etc mine /bin /work\nmore", result);
    }

    [KernelTheory(tool: "busybox")]
    [InlineData("app", "77:88")]
    [InlineData("app:staff", "77:99")]
    [InlineData("77", "77:88")]
    [InlineData("5", "5:0")]
    [InlineData("5:6", "5:6")]
    [InlineData("root", "0:0")]
    [InlineData("", "1000:1000")]
    public async Task The_user_of_an_image_is_a_name_or_a_number(string user, string expected)
    {
        Save(user);

        var result = await RunStoredAsync(Shell(Archive, "echo $(busybox id -u):$(busybox id -g)"));

        AssertPrinted(expected, result);
    }

    [KernelFact(tool: "busybox")]
    public async Task A_user_the_image_does_not_know_is_a_setup_error_unless_the_job_names_one()
    {
        Save("ghost");

        var result = await RunStoredAsync(Job(Archive));
        var named = await RunStoredAsync(Job(Archive) with { User = new JobUser { Uid = 5, Gid = 6 } });

        AssertVerdict(Verdict.SetupError, result);
        Assert.Equal("/rootfs/image", result.Error!.Pointer);
        Assert.Contains("ghost", result.Error.Message, StringComparison.Ordinal);
        AssertPrinted("5:6 /opt/app hello /bin /work", named);
    }

    [KernelFact(tool: "busybox")]
    public async Task An_image_without_a_command_takes_one_from_the_job_only()
    {
        BusyboxImage.SaveWith(new { Env = (string[])["PATH=/bin"] }, Archive, "box:1", BusyboxImage.Base());

        var missing = await Assert.ThrowsAsync<InvalidJobException>(() => RunStoredAsync(Job(Archive)));

        Assert.Equal("/command", Assert.Single(missing.Problems).Pointer);
        AssertPrinted("said", await RunStoredAsync(Shell(Archive, "echo said")));
    }

    private void Save(string user) => BusyboxImage.SaveWith(
        new { Env = (string[])["PATH=/bin", "GREETING=hello"], Entrypoint = (string[])["sh", "-c"], Cmd = (string[])[Show], WorkingDir = "/opt/app", User = user },
        Archive,
        "box:1",
        BusyboxImage.Base(),
        BusyboxImage.Layer(
            BusyboxImage.Text("etc/passwd", "root:x:0:0::/:/bin/sh\napp:x:77:88::/:/bin/sh\n"),
            BusyboxImage.Text("etc/group", "root:x:0:\nstaff:x:99:\n"),
            BusyboxImage.Text("opt/app/file", "")));
}
