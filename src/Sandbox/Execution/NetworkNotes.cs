namespace Sandbox.Execution;

/// <summary>That a job failed which had asked for names where none is found. It is known from those who asked: pid 1 has answered them (native/launcher/lookups.c).</summary>
internal static class NetworkNotes
{
    /// <summary>One sentence, or none.</summary>
    /// <param name="verdict">What became of the job.</param>
    /// <param name="network">What network it had.</param>
    /// <param name="lookups">How many names it was told not to be there.</param>
    public static IReadOnlyList<string> Of(Verdict verdict, Network network, ulong lookups)
    {
        if (lookups == 0 || verdict == Verdict.Ok)
        {
            return [];
        }

        var had = network is LoopbackNetwork ? "only a network of its own" : "no network";
        return [$"the job asked for the addresses of names and has {had}, so none was found: \"network\": \"host\" (sandbox run --network host) gives it the host's, unrestricted"];
    }
}
