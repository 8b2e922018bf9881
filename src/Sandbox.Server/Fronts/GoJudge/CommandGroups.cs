namespace Sandbox.Server.Fronts.GoJudge;

/// <summary>Which commands of a request pipes connect with each other, directly or by others.</summary>
/// <param name="count">How many commands there are.</param>
internal sealed class CommandGroups(int count)
{
    private readonly int[] _groupOf = [.. Enumerable.Range(0, count)];

    /// <summary>The groups, each in the order of its commands.</summary>
    public IReadOnlyList<IReadOnlyList<int>> All =>
        [.. Enumerable.Range(0, _groupOf.Length).GroupBy(command => _groupOf[command]).Select(static IReadOnlyList<int> (group) => [.. group])];

    /// <summary>Two commands are of one group from now on.</summary>
    public void Join(int one, int other)
    {
        var (kept, gone) = (_groupOf[one], _groupOf[other]);
        for (var command = 0; command < _groupOf.Length; command++)
        {
            _groupOf[command] = _groupOf[command] == gone ? kept : _groupOf[command];
        }
    }
}
