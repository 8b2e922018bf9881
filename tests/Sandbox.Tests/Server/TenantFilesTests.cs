using Sandbox.Server.Files;
using Sandbox.Server.Settings;
using Xunit;

namespace Sandbox.Tests.Server;

public sealed class TenantFilesTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly TenantFiles _files;

    public TenantFilesTests() => _files = new(new ServerSettings { Store = _directory.Path + "/store", Files = new() { Bytes = 1 << 20 } }, static _ => { }, new HandSetClock());

    public void Dispose()
    {
        _files.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public void One_tenant_leaves_places_to_others()
    {
        for (var number = 0; number < TenantFiles.MostOfTenant; number++)
        {
            Assert.True(_files.TryEnter("a"));
        }

        Assert.False(_files.TryEnter("a"));
        for (var number = TenantFiles.MostOfTenant; number < TenantFiles.MostAtOnce; number++)
        {
            Assert.True(_files.TryEnter("b"));
        }

        Assert.False(_files.TryEnter("c"));
        _files.Leave("a");
        Assert.True(_files.TryEnter("c"));
    }

    [Fact]
    public void The_user_has_the_users_store_and_its_limit_and_a_tenant_the_servers() =>
        Assert.Equal(((long?)null, (long?)(1L << 20)), (_files.Largest("@owner"), _files.Largest("a")));
}
