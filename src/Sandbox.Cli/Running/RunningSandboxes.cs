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
        // First what is kept: a run that ends meanwhile is there twice rather than not at all.
        var kept = KeptRun.All(directory);
        var found = new RunningSandboxes();
        var live = HostSocket.All(directory).SelectMany(path => List(path, kept)).OrderBy(static sandbox => sandbox.Row.CreatedAt).ToList();
        var ids = live.Select(static sandbox => sandbox.Row.Id).ToHashSet(StringComparer.Ordinal);
        found._all.AddRange(kept.Where(run => !ids.Contains(run.Id)).Select(static run => new FoundSandbox(SandboxRow.Of(run), null, run)));
        found._all.AddRange(live);
        return found;
    }

    /// <summary>Those of that name that are not over.</summary>
    public IReadOnlyList<FoundSandbox> Named(string name) => [.. _all.Where(sandbox => sandbox.Host is not null && sandbox.Row.Name == name)];

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

        var meant = _all.FindAll(sandbox => sandbox.Row.Name == given || (given.Length >= FewestDigits && sandbox.Row.Id.EndsWith(given, StringComparison.Ordinal)));
        var live = meant.FindAll(static sandbox => sandbox.Host is not null);
        if (live.Count > 1)
        {
            problem = $"{DisplayText.Quote(given)} may be any of {string.Join(", ", live.Select(static sandbox => sandbox.Row.Id))}";
            return null;
        }

        return live is [var one] ? one : meant is [.., var last] ? last : null;
    }

    private static List<FoundSandbox> List(string path, IReadOnlyList<KeptRun> kept)
    {
        var client = new HostClient(path);
        try
        {
            return [.. (client.List() ?? []).Select(row => new FoundSandbox(row, client, kept.FirstOrDefault(run => run.Id == row.Id)))];
        }
        catch (Exception failure) when (failure is IOException or HostRefusedException or KeyNotFoundException or InvalidOperationException)
        {
            Diagnostics.Write($"{DisplayText.Quote(path)}: {failure.Message}");
            return [];
        }
    }
}
