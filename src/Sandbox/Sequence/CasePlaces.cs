namespace Sandbox.Sequence;

/// <summary>
/// The places of cases that run at the same time. They are those of all jobs of this process: each job has one place in whatever queue it waited in, and some kernels stop for good when about a
/// thousand sandboxes end at one moment.
/// </summary>
internal static class CasePlaces
{
    /// <summary>How many there are.</summary>
    public const int Most = 64;

    private static readonly SemaphoreSlim s_places = new(Most);

    // Who needs several takes them while nobody else does: two that each had some, and waited for more, would wait for ever.
    private static readonly SemaphoreSlim s_turn = new(1);

    /// <summary>Takes so many, up to <see cref="Most"/>; false for one that was cancelled, which has none: it starts nothing, and its runner says so.</summary>
    public static async Task<bool> TakeAsync(int count, CancellationToken cancellationToken)
    {
        var taken = 0;
        try
        {
            await s_turn.WaitAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                for (; taken < count; taken++)
                {
                    await s_places.WaitAsync(cancellationToken).ConfigureAwait(false);
                }

                return true;
            }
            finally
            {
                s_turn.Release();
            }
        }
        catch (OperationCanceledException)
        {
            GiveBack(taken);
            return false;
        }
    }

    /// <summary>Gives so many back.</summary>
    public static void GiveBack(int count)
    {
        if (count > 0)
        {
            s_places.Release(count);
        }
    }
}
