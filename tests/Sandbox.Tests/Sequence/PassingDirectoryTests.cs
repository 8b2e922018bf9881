using Sandbox.Sequence;
using Xunit;

namespace Sandbox.Tests.Sequence;

public sealed class PassingDirectoryTests : IDisposable
{
    private readonly TemporaryDirectory _above = new();

    public void Dispose() => _above.Dispose();

    [Fact]
    public void It_is_this_users_alone_and_gone_afterwards()
    {
        string path;
        using (var directory = PassingDirectory.Create())
        {
            path = directory.Path;
            File.WriteAllText(directory.Below("0") + "/file", "text");
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(path));
            Assert.True(directory.Contains(path + "/0/file"));
            Assert.False(directory.Contains(path + "0/file"));
        }

        Assert.False(Directory.Exists(path));
    }

    [Fact]
    public void What_nobody_holds_is_removed_and_what_somebody_holds_is_not()
    {
        using var held = PassingDirectory.Create();
        var above = Path.GetDirectoryName(held.Path)!;
        var left = Directory.CreateTempSubdirectory("sandbox-steps-").FullName;
        Directory.CreateDirectory(left + "/0");
        File.WriteAllText(left + "/0/file", "text");

        PassingDirectory.RemoveLeft(above);

        Assert.False(Directory.Exists(left));
        Assert.True(Directory.Exists(held.Path));
    }

    // Whoever may write to the directory for passing files may put anything there under such a name.
    [Fact]
    public void What_is_no_directory_of_this_user_alone_stays()
    {
        var precious = _above.Write("precious/file", "text");
        File.CreateSymbolicLink(_above.Path + "/sandbox-steps-link", Path.GetDirectoryName(precious)!);
        _above.Write("sandbox-steps-file", "text");
        Directory.CreateDirectory(_above.Path + "/other-directory");
        var open = Directory.CreateDirectory(_above.Path + "/sandbox-steps-open").FullName;
        File.SetUnixFileMode(open, File.GetUnixFileMode(open) | UnixFileMode.OtherWrite);
        Directory.CreateDirectory(_above.Path + "/sandbox-steps-own", UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

        PassingDirectory.RemoveLeft(_above.Path);

        Assert.Equal(["other-directory", "precious", "sandbox-steps-file", "sandbox-steps-link", "sandbox-steps-open"],
            Directory.GetFileSystemEntries(_above.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.True(File.Exists(precious));
    }
}
