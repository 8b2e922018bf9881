using System.Net.Sockets;

namespace Sandbox.Egress;

/// <summary>Relays what passes the list, and notes what became of everything that was wanted. From any thread.</summary>
internal sealed class PassageRelay(OpenSockets sockets, EgressTraffic traffic, ConnectionLog log)
{
    /// <summary>Relays, if there is a socket to relay to.</summary>
    /// <param name="job">The job's end.</param>
    /// <param name="passage">What the job wanted, and what came of it.</param>
    /// <param name="said">What the job has said already.</param>
    /// <param name="cancellationToken">The end of the job.</param>
    /// <returns>False if there was none.</returns>
    public async Task<bool> RunAsync(Socket job, Passage passage, ReadOnlyMemory<byte> said, CancellationToken cancellationToken)
    {
        if (passage.Outside is not { } outside || !sockets.Keep(outside))
        {
            log.Add(Row(passage with { Reason = passage.Reason ?? "the job is over" }));
            return false;
        }

        // What everybody may reach, and what is not reached by a name that others could share, needs no look at what is said.
        var expected = passage.Rule!.IsAny || passage.Name == HostNames.Host ? null : passage.Name;
        job.NoDelay = true;
        var connection = new RelayedConnection(job, outside, traffic, name => Foreign(name, passage.Name), expected) { First = said };
        try
        {
            await connection.RunAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            sockets.LetGo(outside);
            var row = Row(passage) with { BytesIn = connection.BytesIn, BytesOut = connection.BytesOut };
            log.Add(connection.Refusal is { } refusal ? row with { Rule = null, Reason = refusal } : row with { Reason = connection.Failure });
        }

        return true;
    }

    private static JobConnection Row(Passage passage) => new()
    {
        Name = passage.Name,
        Address = passage.Address?.ToString(),
        Port = passage.Port,
        Rule = passage.Rule?.Text,
        Reason = passage.Reason,
    };

    // Another name of the list is foreign, too: its rule says which port of which server it may be asked for.
    private static string? Foreign(string said, string? name) => HostNames.Normal(said) is { } normal && normal == name ? null : $"asked the server for {DisplayText.Quote(said)}";
}
