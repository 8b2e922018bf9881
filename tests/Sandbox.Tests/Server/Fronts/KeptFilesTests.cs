using Sandbox.Server.Files;
using Sandbox.Server.Fronts;
using Sandbox.Server.Settings;
using Xunit;

namespace Sandbox.Tests.Server.Fronts;

public sealed class KeptFilesTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly ServerSettings _settings;
    private readonly TenantFiles _files;
    private readonly HandSetClock _clock = new();
    private readonly KeptFiles _kept;

    public KeptFilesTests()
    {
        _settings = new() { Store = _directory.Path + "/store", Files = new() { Bytes = 8 << 20, Age = TimeSpan.FromHours(1) } };
        _files = new(_settings, static _ => { }, _clock);
        _kept = new(_files, _settings, _clock);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _files.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public void Whoever_has_most_files_loses_its_own_and_nobody_elses()
    {
        var mine = _kept.Add("careful", new("mine", new('a', 64), 1));
        var first = _kept.Add("flood", new("first", new('b', 64), 1));
        for (var number = 2; number < KeptFiles.Most; number++)
        {
            _kept.Add("flood", new("more", new('b', 64), 1));
        }

        Assert.NotNull(_kept.Find("flood", first));
        _kept.Add("flood", new("last", new('b', 64), 1));

        Assert.NotNull(_kept.Find("careful", mine));
        Assert.NotNull(_kept.Find("flood", first)); // it was used meanwhile
        Assert.Equal((KeptFiles.Most, (long)KeptFiles.Most), _kept.Total);
        Assert.Equal(KeptFiles.Most - 1, _kept.List("flood").Count);
    }

    [Fact]
    public void A_file_that_nobody_uses_is_forgotten()
    {
        var (used, unused) = (_kept.Add("a", new("used", new('a', 64), 5)), _kept.Add("b", new("unused", new('b', 64), 7)));
        _clock.Advance(TimeSpan.FromMinutes(50));
        Assert.NotNull(_kept.Find("a", used));
        _clock.Advance(TimeSpan.FromMinutes(20));

        Assert.Null(_kept.Find("b", unused));
        Assert.Equal((1, 5L), _kept.Total);
        Assert.Null(_kept.Find("b", used)); // another one's id is nobody's
    }

    // A job that has a directory of the machine, such as /tmp, would find it there by its name.
    [Fact]
    public async Task What_is_sent_lies_in_the_store_from_its_first_byte_on()
    {
        var seen = new List<string>();
        using var source = new Watched(3 << 20, () => seen.AddRange(OpenFiles().Where(path => path.StartsWith(_directory.Path + "/store/", StringComparison.Ordinal))));

        var id = await _kept.PutAsync("a", "x", source, Cancellation);

        Assert.NotEmpty(seen);
        Assert.Equal(3 << 20, _kept.Find("a", id)!.Bytes);
    }

    [Fact]
    public async Task A_file_above_what_a_tenant_may_have_is_refused_while_it_comes()
    {
        using var source = new Watched(64 << 20, static () => { });

        var refused = await Assert.ThrowsAsync<SandboxException>(() => _kept.PutAsync("a", "x", source, Cancellation));

        Assert.Equal("EFBIG", refused.Errno);
        Assert.True(source.Left > 40 << 20);
        Assert.DoesNotContain(_directory.Path, refused.Message, StringComparison.Ordinal);
    }

    private static IEnumerable<string> OpenFiles() =>
        Directory.GetFiles("/proc/self/fd").Select(static path => new FileInfo(path).LinkTarget).OfType<string>();

    private sealed class Watched(int bytes, Action onRead) : MemoryStream
    {
        public int Left { get; private set; } = bytes;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            onRead();
            var count = Math.Min(buffer.Length, Left);
            buffer.Span[..count].Clear();
            Left -= count;
            return ValueTask.FromResult(count);
        }
    }
}
