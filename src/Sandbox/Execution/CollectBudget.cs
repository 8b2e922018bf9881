using Sandbox.Host;
using Sandbox.Text;

namespace Sandbox.Execution;

/// <summary>Bytes that all collected files of a job may still bring (<c>limits.collect</c>).</summary>
/// <param name="limit">The limit; null for none.</param>
internal sealed class CollectBudget(long? limit)
{
    /// <summary>Bytes left.</summary>
    public long Left { get; private set; } = limit ?? long.MaxValue;

    /// <summary>Something was refused.</summary>
    public bool IsExceeded { get; private set; }

    /// <summary>Takes bytes off; null, or why there are not as many left.</summary>
    public string? Take(long bytes)
    {
        if (Room(bytes) is { } refusal)
            return refusal;

        HostWatch.Advance();
        Left -= bytes;
        return null;
    }

    /// <summary>Null if so many bytes are left, or why not.</summary>
    public string? Room(long bytes)
    {
        if (bytes <= Left)
            return null;

        IsExceeded = true;
        return $"with it, all collected files would be larger than limits.collect of {Amount.Bytes(limit ?? 0)}";
    }
}
