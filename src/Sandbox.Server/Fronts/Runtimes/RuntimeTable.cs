using Sandbox.Server.Settings;

namespace Sandbox.Server.Fronts.Runtimes;

/// <summary>The languages of this server: those of its runtimes file, or those that were found when it started.</summary>
internal sealed class RuntimeTable
{
    private readonly Task<RuntimesFile> _file;

    /// <summary>Begins to look for them, unless there is a file.</summary>
    /// <param name="settings">The server's.</param>
    /// <param name="runner">Runs what tells a version.</param>
    public RuntimeTable(ServerSettings settings, SandboxRunner runner) =>
        _file = settings.Runtimes is { } file ? Task.FromResult(file)
            : settings.Fronts.All(static front => front.Api == "go-judge") ? Task.FromResult(new RuntimesFile { Runtimes = [] })
            : Task.Run(() => RuntimeDetector.DetectAsync(runner, null, CancellationToken.None));

    /// <summary>Of a file.</summary>
    public RuntimeTable(RuntimesFile file) => _file = Task.FromResult(file);

    /// <summary>All of them.</summary>
    public async Task<IReadOnlyList<Runtime>> AllAsync() => (await _file).Runtimes;

    /// <summary>The highest version of a language that a range has; null for none.</summary>
    /// <param name="language">Its name or an alias.</param>
    /// <param name="range">As of <see cref="SemanticVersion.IsIn"/>.</param>
    public async Task<Runtime?> FindAsync(string language, string range) =>
        (await AllAsync()).Where(runtime => (runtime.Language == language || runtime.Aliases.Contains(language)) && SemanticVersion.Parse(runtime.Version) is { } version && version.IsIn(range))
            .MaxBy(static runtime => SemanticVersion.Parse(runtime.Version));

    /// <summary>The limits of a language.</summary>
    public async Task<RuntimeLimits> LimitsAsync(Runtime runtime) => (runtime.Limits ?? new()).Or((await _file).Limits);
}
