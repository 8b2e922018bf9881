using Sandbox.Server.Access;
using Sandbox.Server.Jobs;

namespace Sandbox.Server.Fronts.Piston;

/// <summary>Runs the stages of requests.</summary>
internal sealed class PistonRuns(FrontJobs jobs, PistonTranslator translator)
{
    /// <summary>Runs a request to its end.</summary>
    /// <param name="request">The request.</param>
    /// <param name="caller">Who sent it.</param>
    /// <param name="changed">Takes the limits that the server set.</param>
    /// <param name="cancellationToken">Ends what runs.</param>
    /// <returns>The stages; that of the compiler is null for a language that has none.</returns>
    /// <exception cref="PistonRefusal">It cannot be run.</exception>
    public async Task<(PistonStage? Compile, PistonStage Run)> RunAsync(PistonRequest request, Caller caller, Action<IReadOnlyList<string>> changed, CancellationToken cancellationToken)
    {
        PistonStage? compile = null;
        JobResult? compiled = null;
        if (translator.Compile(request, isLive: false) is { } compiler)
        {
            (compiled, var job) = await EndAsync(Begin(compiler, caller), cancellationToken);
            changed(job.ChangedLimits);
            compile = PistonStage.Of(compiled, job);
            if (compile.Code != 0)
            {
                return (compile, compile);
            }
        }

        var (result, program) = await EndAsync(Begin(translator.Run(request, compiled, isLive: false), caller), cancellationToken);
        changed(program.ChangedLimits);
        return (compile, PistonStage.Of(result, program));
    }

    /// <summary>Starts a stage.</summary>
    /// <param name="job">What it runs.</param>
    /// <param name="caller">Who asks.</param>
    /// <param name="isLive">Its output is read while it runs.</param>
    /// <param name="takesInput">The program reads what the client writes meanwhile.</param>
    /// <param name="readers">Over once its output was read to its end.</param>
    /// <exception cref="PistonRefusal">It is refused.</exception>
    public ServerJob Begin(JobSpec job, Caller caller, bool isLive = false, bool takesInput = false, Task? readers = null)
    {
        try
        {
            var taking = jobs.Take(job, caller, held: job.Outputs.Count > 0 ? FrontHold.CompiledBytes : 0, live: isLive ? single => (JobSpec)single with { Stdin = takesInput ? Stdin.Live : Stdin.Null, Stdout = OutputStream.Live, Stderr = OutputStream.Live } : null, readers: readers);
            return taking.Job ?? throw new PistonRefusal(StatusCodes.Status500InternalServerError, taking.Refused switch
            {
                FrontRefusal.Forbidden => taking.Why,
                FrontRefusal.Full => "as many jobs wait as may",
                FrontRefusal.NeverFits => "the memory limit is more than this server has for all jobs together",
                _ => "the server is shutting down",
            });
        }
        catch (InvalidJobException invalid)
        {
            throw new PistonRefusal(StatusCodes.Status500InternalServerError, string.Join("; ", invalid.Problems.Select(static problem => $"{problem.Pointer}: {problem.Message}")));
        }
    }

    /// <summary>Waits for the end of a stage.</summary>
    /// <exception cref="PistonRefusal">Nothing was run.</exception>
    public static async Task<(JobResult Result, ServerJob Job)> EndAsync(ServerJob job, CancellationToken cancellationToken)
    {
        // Nobody reads what becomes of it once the client has gone.
        await using var gone = cancellationToken.Register(job.Cancel);
        try
        {
            var result = await job.Result;
            return job.StartedAt is null ? throw new PistonRefusal(StatusCodes.Status500InternalServerError, result.Message) : ((JobResult)result, job);
        }
        catch (Exception failure) when (failure is not PistonRefusal and not OutOfMemoryException)
        {
            throw new PistonRefusal(StatusCodes.Status500InternalServerError, FrontFailure.Words(failure));
        }
    }
}
