namespace Sandbox.Server.Fronts;

// A job's memory limit says what its processes may have. What the server itself keeps of a request, beside the request, is here: texts of results, and what a compiler
// leaves for the program. It is charged to the queue's memory while the job runs, and held to a bound of its own from then until the client has its answer.

/// <summary>What one request may have the server hold in memory.</summary>
internal static class FrontHold
{
    /// <summary>All texts of the results of a request, in bytes.</summary>
    public const long ResultBytes = 256L << 20;

    /// <summary>Everything that a compiler leaves for the program that it makes, in bytes.</summary>
    public const long CompiledBytes = 64L << 20;

    /// <summary>So much is had in any case, in bytes: a job that may have all memory of the server would have no output otherwise.</summary>
    public const long Least = 16L << 20;

    /// <summary>Files that a request names to go in and to come out, of each of its commands.</summary>
    public const int MostFiles = 2000;

    /// <summary>The bound on one file with which all together stay within a total: whoever wants less than that has all of it.</summary>
    /// <param name="maxima">What each may have.</param>
    /// <param name="total">What all may have.</param>
    public static long Share(IReadOnlyList<long> maxima, long total)
    {
        var (left, count) = (total, maxima.Count);
        foreach (var most in maxima.Order())
        {
            if (most > left / count)
            {
                return left / count;
            }

            left -= most;
            count--;
        }

        return long.MaxValue;
    }

    /// <summary>What a request may hold beside jobs that may have so much memory.</summary>
    /// <param name="memory">Of the jobs, in bytes.</param>
    /// <param name="all">Of the server, for all jobs.</param>
    public static long Beside(long memory, long all) => Math.Clamp(all - memory, Least, ResultBytes);
}
