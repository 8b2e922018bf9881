using System.Text;
using Sandbox.Destinations;
using Sandbox.Policies;
using Xunit;

namespace Sandbox.Tests.Policies;

public sealed class PolicyCacheTests : IDisposable
{
    private const string Key = "0123abcd";

    private readonly TemporaryDirectory _directory = new();
    private readonly byte[] _blob = PolicyBlob.Seal(Encoding.ASCII.GetBytes("16 bytes of code"));

    private string CacheDirectory => Path.Combine(_directory.Path, "deep", "sandbox");

    private string CacheFile => Path.Combine(CacheDirectory, Key);

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void What_was_kept_is_found()
    {
        var cache = new PolicyCache(new(CacheDirectory));
        cache.Keep(Key, _blob);

        var found = cache.Find(Key);

        Assert.Equal(_blob, found);
        Assert.Equal([CacheFile], Directory.GetFiles(CacheDirectory));
    }

    [Theory]
    [InlineData(false, "XDG_RUNTIME_DIR=/run/user/7 XDG_CACHE_HOME=/c HOME=/h", "/run/user/7/sandbox")]
    [InlineData(false, "XDG_RUNTIME_DIR=run XDG_CACHE_HOME=/c HOME=/h", null)]
    [InlineData(false, "XDG_CACHE_HOME=/c HOME=/h", null)]
    [InlineData(true, "XDG_CACHE_HOME=/c HOME=/h", "/c/sandbox")]
    [InlineData(true, "XDG_CACHE_HOME=c HOME=/h", "/h/.cache/sandbox")]
    [InlineData(true, "HOME=", null)]
    public void It_is_where_no_job_comes_to_write(bool jobsHaveOtherIds, string environment, string? directory)
    {
        var variables = environment.Split(' ').Select(pair => pair.Split('=')).ToDictionary(pair => pair[0], pair => pair[1]);

        Assert.Equal(directory, OwnCache.DirectoryOf(variables.GetValueOrDefault, jobsHaveOtherIds));
    }

    [Fact]
    public void A_planted_link_is_neither_read_nor_written()
    {
        var victim = _directory.Write("victim", "untouched");
        var cache = new PolicyCache(new(CacheDirectory));
        cache.Keep("other", _blob);
        File.CreateSymbolicLink(CacheFile, Path.Combine(CacheDirectory, "other"));
        Assert.Null(cache.Find(Key));
        File.Delete(CacheFile);
        File.CreateSymbolicLink(CacheFile, victim);

        cache.Keep(Key, _blob);

        Assert.Equal("untouched", File.ReadAllText(victim));
        Assert.Equal(_blob, cache.Find(Key));
    }

    [Fact]
    public void What_was_not_kept_is_not_found() => Assert.Null(new PolicyCache(new(CacheDirectory)).Find(Key));

    [Fact]
    public void A_damaged_file_is_not_used()
    {
        var cache = new PolicyCache(new(CacheDirectory));
        cache.Keep(Key, _blob);
        _blob[^1] ^= 1;
        File.WriteAllBytes(CacheFile, _blob);

        var found = cache.Find(Key);

        Assert.Null(found);
    }

    [Fact]
    public void A_file_that_others_can_write_is_not_used()
    {
        var cache = new PolicyCache(new(CacheDirectory));
        cache.Keep(Key, _blob);
        Chmod(CacheFile, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupWrite);

        var found = cache.Find(Key);

        Assert.Null(found);
    }

    [Fact]
    public void A_directory_that_others_can_write_is_not_used()
    {
        var cache = new PolicyCache(new(CacheDirectory));
        cache.Keep(Key, _blob);
        Chmod(CacheDirectory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.OtherWrite);

        var found = cache.Find(Key);

        Assert.Null(found);
    }

    [Fact]
    public void A_device_in_the_place_of_a_file_is_not_read()
    {
        var cache = new PolicyCache(new(CacheDirectory));
        cache.Keep(Key, _blob);
        File.Delete(CacheFile);
        File.CreateSymbolicLink(CacheFile, "/dev/zero");

        var found = cache.Find(Key);

        Assert.Null(found);
    }

    [Fact]
    public void A_directory_that_cannot_be_made_is_no_error()
    {
        var inTheWay = Path.Combine(_directory.Path, "file");
        File.WriteAllText(inTheWay, "");
        var cache = new PolicyCache(new(Path.Combine(inTheWay, "sandbox")));

        cache.Keep(Key, _blob);

        Assert.Null(cache.Find(Key));
    }

    [Fact]
    public void The_key_changes_with_everything_that_is_compiled()
    {
        string[] policies =
        [
            """{ "allow": ["read"] }""",
            """{ "allow": ["write"] }""",
            """{ "allow": ["read"], "unlisted": "kill" }""",
            """{ "rules": [{ "syscalls": ["read"], "action": "allow", "when": [{ "arg": 0, "equals": 1 }] }] }""",
            """{ "rules": [{ "syscalls": ["read"], "action": "allow", "when": [{ "arg": 0, "in": [1, 2] }] }] }""",
            """{ "rules": [{ "syscalls": ["read"], "action": "allow", "when": [{ "arg": 0, "equals": 1 }, { "arg": 1, "equals": 2 }] }] }""",
            """{ "rules": [{ "syscalls": ["read"], "action": "log", "when": [{ "arg": 0, "equals": 1 }] }] }""",
        ];

        var keys = policies.Select(policy => PolicyCache.Key(PolicyText.Resolve(policy)))
            .Append(PolicyCache.Key(PolicyText.Resolve(policies[0], SyscallTable.Aarch64)));

        Assert.Equal(policies.Length + 1, keys.Distinct().Count());
    }

    [Fact]
    public void Comments_and_order_of_lists_do_not_change_the_key()
    {
        var one = PolicyCache.Key(PolicyText.Resolve("""{ "allow": ["read", "write"] }"""));

        var other = PolicyCache.Key(PolicyText.Resolve("""{ /* both */ "allow": ["write", "read"], }"""));

        Assert.Equal(one, other);
    }

    private static void Chmod(string path, UnixFileMode mode)
    {
        if (OperatingSystem.IsLinux())
        {
            File.SetUnixFileMode(path, mode);
        }
    }
}
