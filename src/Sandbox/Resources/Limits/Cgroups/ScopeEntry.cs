namespace Sandbox.Resources.Limits.Cgroups;

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
            _result.TrySetResult(result);
    }

    private async Task RefuseForeignNumbersAsync(UserSystemd systemd, CancellationToken cancellationToken)
    {
        if (request.OtherProcesses.Count == 0)
            return;

        if (await systemd.ReadOwnProcessAsync(cancellationToken).ConfigureAwait(false) != Environment.ProcessId)
            throw new SandboxException("the user manager is in another PID namespace, where these numbers are those of other processes");
    }
}
