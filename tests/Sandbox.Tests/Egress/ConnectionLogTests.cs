using Sandbox.Egress;
using Xunit;

namespace Sandbox.Tests.Egress;

/// <summary>A result tells every kind of connection, and no job can make it large.</summary>
public sealed class ConnectionLogTests
{
    private readonly ConnectionLog _log = new();

    [Fact]
    public void What_is_alike_shares_a_row()
    {
        _log.Add(Of("a.example", 443) with { BytesIn = 5, BytesOut = 1 });
        _log.Add(Of("a.example", 80));
        _log.Add(Of("a.example", 443) with { BytesIn = 7, BytesOut = 2 });

        var (rows, leftOut) = _log.Read();

        Assert.Equal([Of("a.example", 443) with { Count = 2, BytesIn = 12, BytesOut = 3 }, Of("a.example", 80)], rows);
        Assert.Equal(0, leftOut);
    }

    [Fact]
    public void What_has_no_row_is_counted()
    {
        for (var port = 1; port <= ConnectionLog.Most + 10; port++)
        {
            _log.Add(Of("a.example", port));
        }

        _log.Add(Of("a.example", 1));

        var (rows, leftOut) = _log.Read();
        Assert.Equal(ConnectionLog.Most, rows.Count);
        Assert.Equal(2, rows[0].Count);
        Assert.Equal(10, leftOut);
    }

    private static JobConnection Of(string name, int port) => new() { Name = name, Address = "93.184.216.34", Port = port, Rule = name };
}
