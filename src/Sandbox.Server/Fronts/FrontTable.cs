using Sandbox.Server.Files;
using Sandbox.Server.Fronts.GoJudge;
using Sandbox.Server.Fronts.Jobe;
using Sandbox.Server.Fronts.Judge0;
using Sandbox.Server.Fronts.Piston;
using Sandbox.Server.Fronts.Runtimes;
using Sandbox.Server.Jobs;
using Sandbox.Server.Listening;
using Sandbox.Server.Queue;
using Sandbox.Server.Settings;

namespace Sandbox.Server.Fronts;

/// <summary>The APIs of other judges that this server speaks.</summary>
internal sealed class FrontTable : IDisposable
{
    private static readonly (string Name, Func<FrontParts, IFront> Make)[] s_known =
    [
        ("go-judge", static parts => new GoJudgeFront(parts)),
        ("piston", static parts => new PistonFront(parts)),
        ("judge0", static parts => new Judge0Front(parts)),
        ("jobe", static parts => new JobeFront(parts)),
    ];

    private readonly Dictionary<string, IFront> _fronts = [];

    /// <summary>Makes those that are asked for.</summary>
    public FrontTable(FrontParts parts)
    {
        foreach (var (name, make) in s_known.Where(known => parts.Settings.Fronts.Any(front => front.Api == known.Name)))
        {
            _fronts.Add(name, make(parts));
        }
    }

    /// <summary>Their names.</summary>
    public static IReadOnlyCollection<string> Names { get; } = [.. s_known.Select(static known => known.Name)];

    /// <summary>That of a place.</summary>
    public IFront Of(FrontPlace place) => _fronts[place.Api];

    /// <summary>Waits for what they do beside their answers, when no more jobs are taken.</summary>
    public Task FinishAsync() => Task.WhenAll(_fronts.Values.Select(static front => front.FinishAsync()));

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var front in _fronts.Values.OfType<IDisposable>())
        {
            front.Dispose();
        }
    }

    /// <summary>Answers what came in at a place of one of them, and calls the rest for what did not.</summary>
    public Task AnswerAsync(HttpContext context, RequestDelegate next) =>
        context.Features.Get<Entrance>()?.Front is { } place ? Of(place).AnswerAsync(context) : next(context);
}

/// <summary>What they work with.</summary>
/// <param name="Jobs">Takes jobs.</param>
/// <param name="Queue">Where those wait.</param>
/// <param name="Files">What tenants keep.</param>
/// <param name="Settings">What the server was told.</param>
/// <param name="Runtimes">The languages.</param>
/// <param name="Time">The clock.</param>
/// <param name="Say">Takes a line for whoever runs the server.</param>
internal sealed record FrontParts(JobTable Jobs, JobQueue Queue, TenantFiles Files, ServerSettings Settings, RuntimeTable Runtimes, TimeProvider Time, Action<string> Say);
