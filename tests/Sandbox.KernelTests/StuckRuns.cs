namespace Sandbox.KernelTests;

/// <summary>Runs that take tens of seconds each, because that is what they are about; all begin when the first of them is asked for.</summary>
public sealed class StuckRuns : IDisposable
{
    /// <summary>How a path on the dead server ends, whatever directory it is mounted in.</summary>
    public const string Dead = "/dead";

    private readonly string _directory = System.IO.Directory.CreateTempSubdirectory("sandbox-test-").FullName;
    private readonly Lazy<Dictionary<string, Task<CommandRun>>> _runs;

    public StuckRuns() => _runs = new(StartAll);

    /// <summary>What became of one.</summary>
    internal Task<CommandRun> Of(string name) => _runs.Value[name];

    /// <inheritdoc />
    public void Dispose()
    {
        if (_runs.IsValueCreated)
        {
            Task.WaitAll(_runs.Value.Values);
        }

        System.IO.Directory.Delete(_directory, recursive: true);
    }

    private Dictionary<string, Task<CommandRun>> StartAll()
    {
        File.SetUnixFileMode(_directory, (UnixFileMode)0b111_111_111);
        var runs = new Dictionary<string, Task<CommandRun>>();
        if (Requirements.ReasonToSkip(Needs.Freezer, null) is null)
        {
            StartFrozen(runs);
        }

        if (Requirements.ReasonToSkip(Needs.FileServer, null) is null)
        {
            StartDead(runs);
        }

        return runs;
    }

    private void StartFrozen(Dictionary<string, Task<CommandRun>> runs)
    {
        var limited = JobFiles.Write(Directory("frozen-job"), ["/probes/sleep_forever", "frozen-job"], "\"limits\": { \"wallTime\": \"2s\" }");
        runs.Add("frozen-job", FreezeAsync("frozen-job", $"\"$SANDBOX\" exec {limited}"));
        runs.Add("frozen-child", FreezeAsync("frozen-child", $"\"$SANDBOX\" run -v {Probe.Directory}:/probes -- /bin/sh -c '/probes/sleep_forever frozen-child & sleep 3; true'"));
        var unlimited = JobFiles.Write(Directory("frozen-cancelled"), ["/probes/sleep_forever", "frozen-cancelled"]);
        runs.Add("frozen-cancelled", FreezeAsync("frozen-cancelled", $"\"$SANDBOX\" exec {unlimited} & pid=$!; sleep 3; kill -TERM $pid; wait $pid"));
    }

    private void StartDead(Dictionary<string, Task<CommandRun>> runs)
    {
        runs.Add("file", DeadAsync("file", "open", "\"$SANDBOX\" run --file /work/x=$DEAD/x true"));
        runs.Add("stdin", DeadAsync("stdin", "read", "\"$SANDBOX\" run --stdin $DEAD/x true"));
        runs.Add("policy", DeadAsync("policy", "lookup", "\"$SANDBOX\" run --seccomp $DEAD/x true"));
        runs.Add("rootfs", DeadAsync("rootfs", "lookup", "\"$SANDBOX\" run --rootfs $DEAD/directory true"));
        runs.Add("bind", DeadAsync("bind", "lookup", "\"$SANDBOX\" run -v $DEAD/directory:/data true"));
        runs.Add("destination", DeadAsync("destination", "open", "\"$SANDBOX\" run --stdout $DEAD/x true"));
        runs.Add("job-file", DeadAsync("job-file", "read", "\"$SANDBOX\" exec $DEAD/x"));
        runs.Add("cancelled", DeadAsync("cancelled", "open", $"\"$SANDBOX\" exec {Job("cancelled", "\"true\"", "\"files\": { \"/work/x\": { \"from\": \"dead/x\" } }")} & pid=$!; sleep 2; kill -TERM $pid; wait $pid"));
        runs.Add("job", DeadAsync("job", "read", $"\"$SANDBOX\" exec {Job("job", "\"cat\", \"/data/x\"", Bind + ", \"limits\": { \"wallTime\": \"2s\" }")}"));
        runs.Add("outputs", DeadAsync("outputs", "read", $"\"$SANDBOX\" exec {Job("outputs", "\"true\"", Bind + ", \"outputs\": [ { \"path\": \"/data/x\", \"to\": \"out\" } ]")}"));
    }

    private const string Bind = "\"mounts\": [ { \"type\": \"bind\", \"source\": \"dead\", \"target\": \"/data\" } ]";

    private string Job(string name, string command, string more)
    {
        var path = Path.Combine(Directory(name), "job.json");
        File.WriteAllText(path, $"{{ \"command\": [{command}], {more} }}");
        return path;
    }

    private string Directory(string name) => System.IO.Directory.CreateDirectory(Path.Combine(_directory, name)).FullName;

    // In the mount namespace of a server that does not answer, mounted at "$DEAD"; killed if it does not end by itself in time.
    private Task<CommandRun> DeadAsync(string name, string silent, string script)
    {
        var dead = System.IO.Directory.CreateDirectory(Directory(name) + Dead).FullName;
        return TimedAsync($"{Probe.Directory}/dead_files {dead} {silent} /bin/sh {Script(name, $"DEAD='{dead}'\n{script}")}");
    }

    // The processes that are marked with the name stand still from a moment after their start until the command has ended.
    private async Task<CommandRun> FreezeAsync(string name, string script)
    {
        using var freezer = new Freezer();
        var command = TimedAsync($"/bin/sh {Script(name, script)}");
        for (var tried = 0; tried < 500 && Sleepers(name).Count == 0; tried++)
        {
            await Task.Delay(20);
        }

        freezer.Freeze(Sleepers(name));
        return await command;
    }

    private string Script(string name, string script)
    {
        var path = Path.Combine(Directory(name), "script.sh");
        File.WriteAllText(path, $"SANDBOX='{Probe.CommandLine}'\n{script}\n");
        return path;
    }

    private static Task<CommandRun> TimedAsync(string command) => CommandRun.ShellAsync($"timeout -s KILL 40 {command}", "", CancellationToken.None);

    private static List<int> Sleepers(string mark) =>
        [.. HostProcesses.WithArgument(mark).Where(pid => HostProcesses.Describe(pid).EndsWith("(sleep_forever)", StringComparison.Ordinal))];
}
