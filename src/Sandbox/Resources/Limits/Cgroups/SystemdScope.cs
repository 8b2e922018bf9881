namespace Sandbox.Resources.Limits.Cgroups;

// A user who may not write to its own cgroup can be given one by its user manager, which holds a delegated tree: what
// `systemd-run --user --scope -p Delegate=yes` does around a command, this does from within. The manager removes the
// scope with everything below when its last process ends (systemd.scope(5)), so there is nothing to clean up.

/// <summary>A cgroup of the caller's own: a transient, delegated scope of its systemd user manager.</summary>
internal static class SystemdScope
{
    /// <summary>Whether there is a bus to ask on. Talks to nobody, so the manager may still be absent or refuse.</summary>
    public static bool IsAvailable(out string reason) => new BusFinder().Find(out reason) is not null;

    /// <summary>Asks the manager for its version and for nothing else; starts nothing.</summary>
    /// <returns>True and the version, or false and the reason in words.</returns>
    public static bool TryReadVersion(TimeSpan timeout, out string version, out string reason) =>
        TryReadVersion(timeout, new BusFinder(), out version, out reason);

    /// <inheritdoc cref="TryReadVersion(TimeSpan, out string, out string)"/>
    internal static bool TryReadVersion(TimeSpan timeout, BusFinder finder, out string version, out string reason)
    {
        var known = new Conversation(finder, timeout)
            .TryHold(static (systemd, end) => systemd.ReadVersionAsync(end), out var answer, out reason);
        version = answer ?? "";
        return known;
    }

    /// <summary>
    /// Moves this process with all its threads, and the others of the request, into a new scope. Blocks the calling
    /// thread for some milliseconds, and for no longer than the request's timeout; throws for no state of the host.
    /// </summary>
    /// <remarks>
    /// After a timeout the manager may still do what it was asked for. A job is out of its reach: it starts in a cgroup
    /// of the caller's choice (CLONE_INTO_CGROUP) and is not in the request.
    /// </remarks>
    public static ScopeAnswer TryEnter(ScopeRequest request) =>
        TryEnter(request, new BusFinder(), static () => File.ReadAllText("/proc/self/cgroup"));

    /// <inheritdoc cref="TryEnter(ScopeRequest)"/>
    internal static ScopeAnswer TryEnter(ScopeRequest request, BusFinder finder, Func<string> ownCgroups)
    {
        var entry = new ScopeEntry(request);
        if (!new Conversation(finder, request.Timeout).TryHold(entry.RunAsync, out _, out var reason))
        {
            return new ScopeAnswer { Reason = reason };
        }

        var cgroup = Version2(ownCgroups());
        return cgroup.EndsWith($"/{entry.Unit}", StringComparison.Ordinal)
            ? new ScopeAnswer { Cgroup = cgroup }
            : new ScopeAnswer { Reason = $"the user manager started {entry.Unit}, but this process is in \"{cgroup}\"" };
    }

    // hierarchy:controllers:path; version 2 is hierarchy 0 without a list (cgroups(7)).
    private static string Version2(string cgroups)
    {
        const string version2 = "0::";
        var line = cgroups.Split('\n').FirstOrDefault(line => line.StartsWith(version2, StringComparison.Ordinal), version2);
        return line[version2.Length..];
    }
}

/// <summary>Where the caller is now, or why it is still where it was.</summary>
internal sealed record ScopeAnswer
{
    /// <summary>The caller's new cgroup as <c>/proc/self/cgroup</c> names it; empty if there is none.</summary>
    public string Cgroup { get; init; } = "";

    /// <summary>Why there is none, in words; empty if there is one.</summary>
    public string Reason { get; init; } = "";

    /// <summary>The caller is in a scope of its own.</summary>
    public bool Entered => Cgroup.Length > 0;
}

/// <summary>What the scope is to be.</summary>
internal sealed record ScopeRequest
{
    /// <summary>What <c>systemctl --user status</c> says about it.</summary>
    public required string Description { get; init; }

    /// <summary>Slice of the user manager to put it in, such as <c>background.slice</c>; empty for the one it chooses.</summary>
    public string Slice { get; init; } = "";

    /// <summary>Processes that move along with the caller, by their numbers in the caller's PID namespace.</summary>
    public IReadOnlyList<int> OtherProcesses { get; init; } = [];

    /// <summary>How long the whole conversation may take, 5 s by default; a real one takes milliseconds.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);
}

/// <summary>One way into one scope.</summary>
internal sealed class ScopeEntry(ScopeRequest request)
{
    private readonly TaskCompletionSource<string> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>
    /// Name of the scope. The random part keeps it from meeting one of the same process, or of another PID namespace
    /// with the same user manager.
    /// </summary>
    public string Unit { get; } = $"sandbox-{Environment.ProcessId}-{Random.Shared.Next():x8}.scope";

    /// <summary>Returns when the manager has started the scope, which is after it has moved the processes.</summary>
    public async Task<string> RunAsync(UserSystemd systemd, CancellationToken cancellationToken)
    {
        await RefuseForeignNumbersAsync(systemd, cancellationToken).ConfigureAwait(false);
        // Before asking: the news may come sooner than the answer.
        await systemd.WatchJobsAsync(Removed, reason => _result.TrySetException(reason), cancellationToken).ConfigureAwait(false);
        await systemd.QueueScopeAsync(Unit, request, cancellationToken).ConfigureAwait(false);
        var result = await _result.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        return result == "done"
            ? result
            : throw new SandboxException($"the user manager could not start {Unit}: its job ended as \"{result}\"");
    }

    private void Removed(string unit, string result)
    {
        if (unit == Unit)
        {
            _result.TrySetResult(result);
        }
    }

    private async Task RefuseForeignNumbersAsync(UserSystemd systemd, CancellationToken cancellationToken)
    {
        if (request.OtherProcesses.Count == 0)
        {
            return;
        }

        if (await systemd.ReadOwnProcessAsync(cancellationToken).ConfigureAwait(false) != Environment.ProcessId)
        {
            throw new SandboxException("the user manager is in another PID namespace, where these numbers are those of other processes");
        }
    }
}
