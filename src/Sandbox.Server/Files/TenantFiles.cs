using Sandbox.Server.Access;
using Sandbox.Server.Settings;

namespace Sandbox.Server.Files;

/// <summary>The files of each tenant: the user's own store for the user, and one of its own for every other, so that no digest tells one of them what another has.</summary>
internal sealed class TenantFiles : IDisposable
{
    /// <summary>How many may be sent or read at once, each with a buffer of a megabyte, and how many of those may be one tenant's.</summary>
    public const int MostAtOnce = 32;

    /// <inheritdoc cref="MostAtOnce"/>
    public const int MostOfTenant = 16;

    private static readonly TimeSpan s_betweenPrunes = TimeSpan.FromHours(1);

    private readonly FileStore _owners;
    private readonly FileStore _tenants;
    private readonly Action<string> _say;
    private readonly ITimer _prune;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, int> _places = [];
    private int _taken;

    /// <summary>Prunes what tenants have from now on.</summary>
    public TenantFiles(ServerSettings settings, Action<string> say, TimeProvider time)
    {
        _owners = new(settings.Store);
        _tenants = new(settings.Store) { MaxBytes = settings.Files.Bytes, MaxAge = settings.Files.Age };
        _say = say;
        _prune = time.CreateTimer(state => _ = PruneAsync(), null, TimeSpan.Zero, s_betweenPrunes);
    }

    /// <summary>Takes a place to send or read a file; false if there is none.</summary>
    public bool TryEnter(string tenant)
    {
        lock (_lock)
        {
            var own = _places.GetValueOrDefault(tenant);
            if (_taken == MostAtOnce || own == MostOfTenant)
            {
                return false;
            }

            _taken++;
            _places[tenant] = own + 1;
            return true;
        }
    }

    /// <summary>Gives it back.</summary>
    public void Leave(string tenant)
    {
        lock (_lock)
        {
            _taken--;
            if (--_places[tenant] == 0)
            {
                _places.Remove(tenant);
            }
        }
    }

    /// <summary>The files of a tenant.</summary>
    /// <param name="tenant">Its name; the user's own is <c>@owner</c>.</param>
    public FileStore Of(string tenant) => tenant == Caller.Owner.Tenant ? _owners : _tenants.OfTenant(tenant);

    /// <summary>The largest file of a tenant, in bytes; null where the store's own limit says.</summary>
    public long? Largest(string tenant) => Of(tenant).MaxBytes;

    /// <inheritdoc/>
    public void Dispose() => _prune.Dispose();

    private async Task PruneAsync()
    {
        try
        {
            await _tenants.PruneTenantsAsync();
        }
        catch (Exception failure) when (failure is SandboxException or IOException or UnauthorizedAccessException or FormatException)
        {
            _say($"files of tenants that are too old or too large cannot be removed: {failure.Message}");
        }
    }
}

/// <summary>What tenants may have of files.</summary>
internal sealed record FileBounds
{
    /// <summary>What the files of one tenant may come to, and so the largest one, in bytes.</summary>
    public long Bytes { get; init; } = 1L << 30;

    /// <summary>How long a file is kept that nobody uses.</summary>
    public TimeSpan Age { get; init; } = TimeSpan.FromDays(7);
}
