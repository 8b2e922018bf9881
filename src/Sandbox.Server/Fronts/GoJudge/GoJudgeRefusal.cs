namespace Sandbox.Server.Fronts.GoJudge;

/// <summary>A request that is answered with a status and a JSON string, and of which nothing was run.</summary>
internal sealed class GoJudgeRefusal(int status, string message) : Exception(message)
{
    /// <summary>The HTTP status.</summary>
    public int Status => status;

    /// <summary>The request is none that could be understood.</summary>
    public static GoJudgeRefusal Invalid(string message) => new(StatusCodes.Status400BadRequest, message);

    /// <summary>It was understood, and cannot be run.</summary>
    public static GoJudgeRefusal CannotRun(string message) => new(StatusCodes.Status500InternalServerError, message);
}
