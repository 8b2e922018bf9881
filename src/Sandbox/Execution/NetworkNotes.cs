using Sandbox.Text;

namespace Sandbox.Execution;

/// <summary>That a job failed which had asked for names where none is found. It is known from those who asked: pid 1 has answered them (native/launcher/lookups.c).</summary>
internal static class NetworkNotes
{
    /// <summary>One sentence, or none.</summary>
    /// <param name="verdict">What became of the job.</param>
    /// <param name="network">What network it had.</param>
    /// <param name="lookups">How many names it was told not to be there.</param>
    /// <param name="connections">What it reached and was refused.</param>
    public static IReadOnlyList<string> Of(Verdict verdict, Network network, ulong lookups, IReadOnlyList<JobConnection> connections)
    {
        if (network is EgressNetwork or JoinedNetwork or ContainerNetwork)
        {
            return verdict == Verdict.Ok ? [] : Refused(connections);
        }

        if (lookups == 0 || verdict == Verdict.Ok)
        {
            return [];
        }

        var had = network is LoopbackNetwork ? "only a network of its own" : "no network";
        return [$"the job asked for the addresses of names and has {had}, so none was found: \"network\": \"host\" (sandbox run --network host) gives it the host's, unrestricted"];
    }

    // What a list allows by its name is refused for where it leads to, or for what was said there.
    private static string Told(JobConnection connection) =>
        Words.Quote((connection.Name ?? connection.Address) + (connection.Port is { } port ? $":{port}" : "")) + (connection is { Name: not null, Address: not null } ? $" ({connection.Reason})" : "");

    private static IReadOnlyList<string> Refused(IReadOnlyList<JobConnection> connections)
    {
        const int most = 5;
        string[] refused = [.. connections.Where(static connection => !connection.Allowed).Select(Told).Distinct()];
        return refused.Length == 0 ? [] : [$"the job was refused what its \"egress\" (sandbox run --allow) does not list: {string.Join(", ", refused.Take(most))}{(refused.Length > most ? $" and {refused.Length - most} more" : "")}"];
    }
}
