using System.Diagnostics;
using System.Text;
using Sandbox.Server.Access;
using Xunit;

namespace Sandbox.Tests.Server;

public sealed class TokenTests : IDisposable
{
    private const string Secret = "0123456789abcdef0123456789abcdef";

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("alice", Secret, "alice")]
    [InlineData("alice", Secret + "\r\n", "alice")]
    [InlineData("any file", "bob " + Secret + "\n", "bob")]
    [InlineData("alice", "a.b-c_1\t" + Secret, "a.b-c_1")]
    public void A_file_is_a_token_with_or_without_its_tenant(string file, string content, string tenant) =>
        Assert.Equal((tenant, Secret), TokenFile.Parse(file, Encoding.ASCII.GetBytes(content)) is var token ? (token.Tenant, token.Secret) : default);

    [Theory]
    [InlineData("alice", "")]
    [InlineData("alice", "0123456789abcdef012")]
    [InlineData("alice", "alice bob " + Secret)]
    [InlineData("alice", Secret + "\n" + Secret + "\n" + Secret)]
    [InlineData("alice", "0123456789abcdef0123\u00e4")]
    [InlineData("alice", "0123456789abcdef,0123")]
    [InlineData("al ice", Secret)]
    [InlineData("@owner", Secret)]
    [InlineData("a", "@owner " + Secret)]
    [InlineData("a", "cn:alice " + Secret)]
    [InlineData("a", ".hidden " + Secret)]
    public void What_is_no_token_is_refused_without_what_it_holds(string file, string content)
    {
        var refusal = Assert.Throws<FormatException>(() => TokenFile.Parse(file, Encoding.Latin1.GetBytes(content)));

        Assert.DoesNotContain("0123456789", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_others_can_read_is_refused()
    {
        var path = Write("alice", Secret);
        Assert.Equal("alice", TokenFile.Read(path, null).Tenant);
        foreach (var more in new[] { UnixFileMode.GroupRead, UnixFileMode.OtherRead, UnixFileMode.GroupWrite, UnixFileMode.OtherWrite })
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | more);

            Assert.Contains("chmod 600", Assert.Throws<IOException>(() => TokenFile.Read(path, null)).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_link_a_directory_and_a_pipe_are_refused_at_once()
    {
        Write("alice", Secret);
        File.CreateSymbolicLink(_directory.Path + "/link", _directory.Path + "/alice");
        Process.Start("mkfifo", ["-m", "600", _directory.Path + "/pipe"]).WaitForExit();

        Assert.Contains("symbolic link", Assert.Throws<IOException>(() => TokenFile.Read(_directory.Path + "/link", null)).Message, StringComparison.Ordinal);
        Assert.Contains("no regular file", Assert.Throws<IOException>(() => TokenFile.Read(_directory.Path + "/pipe", null)).Message, StringComparison.Ordinal);
        Assert.Contains("no regular file", Assert.Throws<IOException>(() => TokenFile.Read(_directory.Path, null)).Message, StringComparison.Ordinal);
        Assert.Contains("no such file", Assert.Throws<IOException>(() => TokenFile.Read(_directory.Path + "/none", null)).Message, StringComparison.Ordinal);
    }

    // systemd gives a user's service its credentials by an access control list, whose mask looks like the group's right (acl(5)).
    [Fact]
    public void A_credential_may_be_for_roots_group_too()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs a file of root's");
        var path = Write("alice", Secret);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.GroupRead);

        Assert.Equal("alice", TokenFile.Read(path, _directory.Path + "/").Tenant);
        Assert.Throws<IOException>(() => TokenFile.Read(path, "/run"));
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        Assert.Throws<IOException>(() => TokenFile.Read(path, _directory.Path));
    }

    [Theory]
    [InlineData("Bearer " + Secret, "alice")]
    [InlineData("bearer " + Secret, "alice")]
    [InlineData("Bearer " + Secret + "0", null)]
    [InlineData("Bearer " + "0123456789abcdef0123456789abcde", null)]
    [InlineData("Bearer  " + Secret, null)]
    [InlineData("Bearer " + Secret + " ", null)]
    [InlineData("Bearer " + Secret + "\0", null)]
    [InlineData("Bearer ", null)]
    [InlineData("Bearer", null)]
    [InlineData("Basic " + Secret, null)]
    [InlineData(Secret, null)]
    public void A_token_is_known_by_all_of_it(string header, string? tenant) =>
        Assert.Equal(tenant, new TokenTable([new("bob", "fedcba9876543210fedcba9876543210"), new("alice", Secret)]).TenantOf(header));

    [Fact]
    public void Two_headers_and_a_very_long_one_are_none()
    {
        var table = new TokenTable([new("alice", Secret)]);

        Assert.Null(table.TenantOf(new(["Bearer " + Secret, "Bearer " + Secret])));
        Assert.Null(table.TenantOf("Bearer " + new string('a', 1000)));
        Assert.Null(table.TenantOf("Bearer " + Secret[..^1] + "\u0166")); // its low byte is 'f'
        Assert.Null(table.TenantOf(default));
    }

    [Fact]
    public void Every_problem_is_said_and_none_has_a_token_in_it()
    {
        var problems = new List<string>();

        TokenTable.Read([Write("alice", Secret), Write("bob", Secret), Write("c", "carol short"), _directory.Path + "/none"], null, problems.Add);

        Assert.Equal(3, problems.Count);
        Assert.Contains("another tenant has the same token", problems[0], StringComparison.Ordinal);
        Assert.DoesNotContain(problems, static problem => problem.Contains(Secret, StringComparison.Ordinal) || problem.Contains("short", StringComparison.Ordinal));
        Assert.DoesNotContain(Secret, new Token("alice", Secret).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Reading_again_keeps_what_was_if_anything_is_wrong()
    {
        var path = Write("alice", Secret);
        var credentials = Credentials.Read(new() { TokenFiles = [path] }, null, static problem => Assert.Fail(problem));
        var other = new string('x', 30);

        Write("alice", "short");
        Assert.Single(credentials.Renew());
        Assert.Equal("alice", credentials.Tokens.TenantOf("Bearer " + Secret));
        Write("alice", other);
        Assert.Empty(credentials.Renew());

        Assert.Null(credentials.Tokens.TenantOf("Bearer " + Secret));
        Assert.Equal("alice", credentials.Tokens.TenantOf("Bearer " + other));
    }

    private string Write(string name, string content)
    {
        var path = _directory.Write(name, content);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return path;
    }
}
