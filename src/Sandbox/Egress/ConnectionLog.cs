namespace Sandbox.Egress;

/// <summary>What one job reached and was refused, in a bounded table. From any thread.</summary>
internal sealed class ConnectionLog
{
    /// <summary>Rows. A job that tries every port of every address leaves a count of the rest.</summary>
    public const int Most = 256;

    private readonly Lock _lock = new();
    private readonly Dictionary<Key, int> _rows = [];
    private readonly List<JobConnection> _connections = [];
    private long _leftOut;

    /// <summary>Adds a connection; those of one kind share a row.</summary>
    /// <param name="connection">It, with how much it brought.</param>
    public void Add(JobConnection connection)
    {
        var key = new Key(connection.Name, connection.Address, connection.Port, connection.Rule, connection.Reason);
        lock (_lock)
        {
            if (_rows.TryGetValue(key, out var row))
            {
                var known = _connections[row];
                _connections[row] = known with { Count = known.Count + 1, BytesIn = known.BytesIn + connection.BytesIn, BytesOut = known.BytesOut + connection.BytesOut };
                return;
            }

            if (_connections.Count == Most)
            {
                _leftOut++;
                return;
            }

            _rows.Add(key, _connections.Count);
            _connections.Add(connection);
        }
    }

    /// <summary>All rows, in the order in which the first of each came, and how many connections are in none.</summary>
    public (IReadOnlyList<JobConnection> Rows, long LeftOut) Read()
    {
        lock (_lock)
        {
            return ([.. _connections], _leftOut);
        }
    }

    private readonly record struct Key(string? Name, string? Address, int? Port, string? Rule, string? Reason);
}
