using System.Net.Sockets;
using Sandbox.Running;

namespace Sandbox.Cli.Running;

/// <summary>A sandbox that was found.</summary>
/// <param name="Row">What is told of it.</param>
/// <param name="Host">Who has it; null for one that is over.</param>
/// <param name="Kept">What is kept of it; null where nothing is.</param>
internal sealed record FoundSandbox(SandboxRow Row, HostClient? Host, KeptRun? Kept);

/// <summary>The sandboxes of this user, as all their hosts tell of them now, and the detached ones that are over.</summary>
internal sealed class RunningSandboxes
{
    // As many as ps shows of an id: what is random in it stands at its end.
    public const int ShortId = 12;

    private const int FewestDigits = 4;

    private readonly List<FoundSandbox> _all = [];

    private RunningSandboxes()
    {
    }

    /// <summary>All of them, those that are over first.</summary>
    public IReadOnlyList<FoundSandbox> All => _all;

    /// <summary>Asks every host.</summary>
    /// <exception cref="IOException">There is no directory to look into.</exception>
    public static RunningSandboxes Look() => Look(RunDirectory.Make(Environment.GetEnvironmentVariable));

    /// <summary>The same in a directory that is known.</summary>
    public static RunningSandboxes Look(RunDirectory directory)
    {
        // First what is kept: a run that ends meanwhile is there twice rather than not at all. All are asked before any is waited for.
        var kept = KeptRuns.All(directory);
        var asked = HostSocket.All(directory).Select(Ask).ToList();
        var since = TimeProvider.System.GetTimestamp();
        var found = new RunningSandboxes();
        var live = asked.SelectMany(one => Read(one, kept, since)).OrderBy(static sandbox => sandbox.Row.CreatedAt).ToList();
        var ids = live.Select(static sandbox => sandbox.Row.Id).ToHashSet(StringComparer.Ordinal);
        found._all.AddRange(kept.Where(run => !ids.Contains(run.Id)).Select(static run => new FoundSandbox(SandboxRow.Of(run), null, run)));
        found._all.AddRange(live);
        return found;
    }

    /// <summary>This user's of that name that are not over.</summary>
    public IReadOnlyList<FoundSandbox> Named(string name) => [.. _all.Where(sandbox => sandbox.Host is not null && IsNamed(sandbox, name))];

    /// <summary>The one that is meant.</summary>
    /// <param name="given">An id or its last digits, or a name. One that runs is meant before those that are over, and of these the last.</param>
    /// <param name="problem">Why there is none.</param>
    public FoundSandbox? Find(string given, out string problem)
    {
        problem = $"there is no sandbox {DisplayText.Quote(given)}; \"sandbox ps\" lists those that run, and with --all those that are kept";
        if (_all.Find(sandbox => sandbox.Row.Id == given) is { } exact)
        {
            return exact;
        }

        var meant = _all.FindAll(sandbox => IsNamed(sandbox, given) || (given.Length >= FewestDigits && sandbox.Row.Id?.EndsWith(given, StringComparison.Ordinal) == true));
        var live = meant.FindAll(static sandbox => sandbox.Host is not null);
        if (live.Count > 1)
        {
            problem = $"{DisplayText.Quote(given)} may be any of {string.Join(", ", live.Select(static sandbox => sandbox.Row.Id))}";
            return null;
        }

        return live is [var one] ? one : meant is [.., var last] ? last : null;
    }

    // Whoever may send jobs to a server of this user chooses their names: they stand for nothing here, or "kill web" would be theirs to direct.
    private static bool IsNamed(FoundSandbox sandbox, string name) => sandbox.Row.Tenant is null && sandbox.Row.Name == name;

    private static Asked Ask(string path)
    {
        var host = new HostClient(path);
        try
        {
            return new(host, host.AskList(), null);
        }
        catch (Exception failure) when (failure is IOException or SocketException)
        {
            return new(host, null, failure);
        }
    }

    private static List<FoundSandbox> Read(Asked asked, IReadOnlyList<KeptRun> kept, long since)
    {
        var failure = asked.Failure;
        try
        {
            using (asked.Listing)
            {
                if (failure is null)
                {
                    return [.. (asked.Listing?.Read(since) ?? []).Select(row => new FoundSandbox(row, asked.Host, kept.FirstOrDefault(run => run.Id == row.Id)))];
                }
            }
        }
        catch (IOException silence)
        {
            failure = silence;
        }

        Diagnostics.Write(failure.Message);
        if (failure is not HostSilentException silent)
        {
            return [];
        }

        var run = kept.FirstOrDefault(run => run.HostPid == silent.Pid && run.IsHeld);
        return [new(SandboxRow.OfSilent(silent.Pid, run), asked.Host, run)];
    }

    private sealed record Asked(HostClient Host, HostListing? Listing, Exception? Failure);
}
