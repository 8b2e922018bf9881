using Sandbox.Host;

namespace Sandbox.Execution.Diff;

/// <summary>How many names may still be looked at: a job can leave as many files as its disk limit has room for.</summary>
internal sealed class DiffWork
{
    /// <summary>Names looked at, at most.</summary>
    public const int MostNames = 200_000;

    private int _names;

    /// <summary>There were more.</summary>
    public bool IsExceeded => _names > MostNames;

    /// <summary>Takes one off; false if none is left.</summary>
    public bool Take()
    {
        HostWatch.Advance();
        return ++_names <= MostNames;
    }
}
