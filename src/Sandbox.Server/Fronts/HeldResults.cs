namespace Sandbox.Server.Fronts;

/// <summary>Counts what is held of results whose clients have not taken them yet. Safe for use from many threads.</summary>
/// <param name="most">All of it, in bytes; a half may be one tenant's. Whoever has nothing yet may have one of any size.</param>
internal sealed class HeldResults(long most)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, long> _ofTenants = new(StringComparer.Ordinal);
    private long _all;

    /// <summary>Counts a result until what is returned is disposed of; null if there is no room for it.</summary>
    public IDisposable? TryHold(string tenant, long bytes)
    {
        lock (_lock)
        {
            var own = _ofTenants.GetValueOrDefault(tenant);
            if ((own > 0 && own + bytes > most / 2) || (_all > 0 && _all + bytes > most))
            {
                return null;
            }

            (_all, _ofTenants[tenant]) = (_all + bytes, own + bytes);
            return new Hold(this, tenant, bytes);
        }
    }

    private void Release(string tenant, long bytes)
    {
        lock (_lock)
        {
            _all -= bytes;
            var left = _ofTenants.GetValueOrDefault(tenant) - bytes;
            if (left > 0)
            {
                _ofTenants[tenant] = left;
            }
            else
            {
                _ofTenants.Remove(tenant);
            }
        }
    }

    private sealed class Hold(HeldResults results, string tenant, long bytes) : IDisposable
    {
        private int _isReleased;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isReleased, 1) == 0)
            {
                results.Release(tenant, bytes);
            }
        }
    }
}
