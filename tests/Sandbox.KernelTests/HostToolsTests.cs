using Xunit;

namespace Sandbox.KernelTests;

/// <summary>Programs of the caller that lie outside of the host's toolchain directories: the options that <c>sandbox run</c> names work, and show nothing beside.</summary>
public sealed class HostToolsTests : KernelTest
{
    private const string Layouts =
        """
        H=$PWD/home; mkdir -p home
        put() { mkdir -p "$(dirname "$1")"; printf '#!/bin/sh\n%s\n' "$2" > "$1"; chmod 755 "$1"; }
        put opt/go/bin/mygo '/usr/bin/cat "$(dirname "$0")/../lib/x"'; mkdir opt/go/lib; echo go > opt/go/lib/x
        put home/.nvm/versions/node/v20/bin/mynode '/usr/bin/cat "$(dirname "$0")/../lib/x"'; mkdir home/.nvm/versions/node/v20/lib; echo nvm > home/.nvm/versions/node/v20/lib/x
        put home/.cargo/bin/rustup 'exit 9'; ln -s rustup home/.cargo/bin/myrustc; echo secret > home/.cargo/credentials.toml
        put home/.rustup/toolchains/stable/bin/myrustc 'echo rustc'; echo 'default_toolchain = "stable"' > home/.rustup/settings.toml
        put home/.pyenv/shims/mypython 'exit 9'; put home/.pyenv/versions/3.12/bin/mypython3 'echo python'; ln -s mypython3 home/.pyenv/versions/3.12/bin/mypython; echo 3.12 > home/.pyenv/version
        put home/.local/bin/mylocal 'echo local'; put home/.cargo/bin/cat 'echo another'
        chmod -R a+rX . ; export HOME=$H PATH=$PWD/opt/go/bin:$H/.nvm/versions/node/v20/bin:$H/.cargo/bin:$H/.pyenv/shims:$H/.local/bin:/usr/bin:/bin
        options() { "$SANDBOX" run "$1" 2>&1 | sed -n 's/.*not shown to the job: \(.*\) shows it.*/\1/p'; }

        """;

    [KernelTheory(Needs.NativeKernel)]
    [InlineData("mygo", "go")]
    [InlineData("mynode", "nvm")]
    [InlineData("myrustc", "rustc")]
    [InlineData("mypython", "python")]
    [InlineData("mylocal", "local")]
    public async Task A_program_that_is_not_in_the_job_is_told_with_options_that_show_it(string program, string expected)
    {
        var run = await RunAsync($"eval \"\\\"$SANDBOX\\\" run $(options {program}) {program}\"; \"$SANDBOX\" run --host-tools {program}; \"$SANDBOX\" run {program} 2>/dev/null; echo $?");

        Assert.True(run.Stdout == $"{expected}\n{expected}\n127\n", run.ToString());
    }

    [KernelFact]
    public async Task The_tools_bring_no_secret_of_the_home()
    {
        var run = await RunAsync("\"$SANDBOX\" run --host-tools sh -c \"/usr/bin/ls -A $H $H/.cargo $H/.rustup; /usr/bin/cat $H/.cargo/credentials.toml; (echo >> $H/.cargo/bin/cat) || echo kept\"");

        Assert.DoesNotContain("credentials.toml\n", run.Stdout, StringComparison.Ordinal);
        Assert.DoesNotContain("settings.toml", run.Stdout, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", run.Stdout, StringComparison.Ordinal);
        Assert.EndsWith("kept\n", run.Stdout, StringComparison.Ordinal);
    }

    [KernelFact]
    public async Task The_home_and_open_directories_are_left_out_and_told()
    {
        var run = await RunAsync("mkdir open && /usr/bin/chmod 777 open; PATH=.:$H:$PWD/open:/usr/bin:/bin \"$SANDBOX\" run --host-tools ls -A $H; ls -d $PWD/open");

        Assert.Equal(3, run.Stderr.Split("--host-tools leaves out ").Length - 1);
        Assert.Contains("No such file", run.Stderr, StringComparison.Ordinal);
    }

    [KernelFact(Needs.NativeKernel)]
    public async Task A_program_that_is_another_in_the_job_is_told_before_the_start()
    {
        var run = await RunAsync("\"$SANDBOX\" run cat /etc/hostname; \"$SANDBOX\" run -e PATH=/usr/bin cat /etc/hostname; \"$SANDBOX\" run --host-tools cat");

        Assert.True(run.Stdout == "sandbox\nsandbox\nanother\n", run.ToString());
        Assert.StartsWith("sandbox: the job runs ", run.Stderr, StringComparison.Ordinal);
        Assert.Equal(1, run.Stderr.Count(letter => letter == '\n'));
    }

    private Task<CommandRun> RunAsync(string script) => CommandRun.ShellInAsync(Directory, Layouts + script, Cancellation);
}
