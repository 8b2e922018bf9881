using Sandbox.Cli.Run;
using Xunit;

namespace Sandbox.Tests.Cli.Run;

public sealed class HostToolsTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private string Home => _directory.Path + "/home";

    public HostToolsTests() => Directory.CreateDirectory(Home);

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void An_installation_is_shown_with_its_libraries()
    {
        var node = Program(Home + "/.nvm/versions/node/v20/bin/node");
        var go = Program(_directory.Path + "/opt/go/bin/go");

        AssertShown(([Home + "/.nvm/versions/node/v20", _directory.Path + "/opt/go"], [Home + "/.nvm/versions/node/v20/bin", _directory.Path + "/opt/go/bin"]), Shown($"{node}:{go}"));
    }

    [Theory]
    [InlineData(".cargo/bin")]
    [InlineData(".local/bin")]
    [InlineData("go/bin")]
    [InlineData("bin")]
    [InlineData(".config/tool/bin")]
    [InlineData(".local/share/bin")]
    public void Nothing_is_shown_of_what_lies_beside_a_directory_of_programs_in_the_home(string bin)
    {
        var path = Program($"{Home}/{bin}/tool");

        AssertShown(([path], [path]), Shown(path));
    }

    [Fact]
    public void Rustup_is_the_toolchain_that_it_would_choose()
    {
        var cargo = Program(Home + "/.cargo/bin/rustup");
        File.CreateSymbolicLink(cargo + "/rustc", "rustup");
        File.WriteAllText(Home + "/.cargo/credentials.toml", "secret");
        var stable = Program(Home + "/.rustup/toolchains/stable-x/bin/rustc");
        var nightly = Program(Home + "/.rustup/toolchains/nightly/bin/rustc");
        File.WriteAllText(Home + "/.rustup/settings.toml", "version = \"12\"\ndefault_toolchain = \"stable-x\"\n");

        AssertShown(([Home + "/.rustup/toolchains/stable-x", cargo], [stable, cargo]), Shown(cargo));
        Assert.Equal([Home + "/.rustup/toolchains/stable-x"], HostProgram.Of(cargo + "/rustc", Variable)!.Directories);
        Assert.Equal([nightly], HostProgram.Of(cargo + "/rustc", name => name == "RUSTUP_TOOLCHAIN" ? "nightly" : Variable(name))!.Paths);
    }

    [Fact]
    public void Pyenv_is_the_version_that_it_would_choose()
    {
        var shims = Program(Home + "/.pyenv/shims/python3");
        var version = Program(Home + "/.pyenv/versions/3.12.1/bin/python3.12");
        File.CreateSymbolicLink(version + "/python3", "python3.12");
        File.WriteAllText(Home + "/.pyenv/version", "3.12.1\n");

        AssertShown(([Home + "/.pyenv/versions/3.12.1"], [version]), Shown(shims));
        Assert.Equal($"-v {Home}/.pyenv/versions/3.12.1:{Home}/.pyenv/versions/3.12.1 -e PATH={version}:{HostProgram.UsualPath}", HostProgram.Of(shims + "/python3", Variable)!.Options);
    }

    [Fact]
    public void A_link_is_shown_with_what_it_leads_to()
    {
        var bin = Directory.CreateDirectory(Home + "/.local/bin").FullName;
        Program(Home + "/.local/share/pipx/venvs/black/bin/black");
        File.CreateSymbolicLink(bin + "/black", "../share/pipx/venvs/black/bin/black");

        Assert.Equal([Home + "/.local/share/pipx/venvs/black/bin"], HostProgram.Of(bin + "/black", Variable)!.Paths);
        AssertShown(([bin, Home + "/.local/share/pipx/venvs/black"], [bin]), Shown(bin));
    }

    [Fact]
    public void What_may_hold_anything_is_left_out_and_told()
    {
        var open = Program(_directory.Path + "/open/tool");
        File.SetUnixFileMode(open, (UnixFileMode)0x1ff);
        var tools = new HostTools(Variable);

        tools.AddPath($".:{Home}:{_directory.Path}:/:{open}:bin:/usr/bin:/nonexistent/bin:/etc/alternatives");

        Assert.Empty(tools.Shown.Directories);
        Assert.Equal(7, tools.LeftOut.Count);
    }

    private static string Program(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, "#!/bin/sh\n");
        File.SetUnixFileMode(path, (UnixFileMode)0x1ed);
        return Path.GetDirectoryName(path)!;
    }

    private string? Variable(string name) => name == "HOME" ? Home : null;

    private static void AssertShown((string[] Directories, string[] Paths) expected, (string[] Directories, string[] Paths) shown)
    {
        Assert.Equal(expected.Directories, shown.Directories);
        Assert.Equal(expected.Paths, shown.Paths);
    }

    private (string[] Directories, string[] Paths) Shown(string path)
    {
        var tools = new HostTools(Variable);
        tools.AddPath(path);
        return ([.. tools.Shown.Directories], [.. tools.Shown.Paths]);
    }
}
