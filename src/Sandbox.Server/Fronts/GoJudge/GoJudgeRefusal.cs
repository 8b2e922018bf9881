namespace Sandbox.Server.Fronts.GoJudge;

/// <summary>A request that is answered with a status and a JSON string, and of which nothing was run.</summary>
internal sealed class GoJudgeRefusal(int status, string message, bool endsConnection = false) : Exception(message)
{
    /// <summary>The HTTP status.</summary>
    public int Status => status;

    /// <summary>It ends a connection that it came by, as there.</summary>
    public bool EndsConnection => endsConnection;

    /// <summary>The request is none that is answered here.</summary>
    public static GoJudgeRefusal Invalid(string message) => new(StatusCodes.Status400BadRequest, message);

    /// <summary>A file of it is of no known kind, or lies where nobody may read.</summary>
    public static GoJudgeRefusal NoFile(string message) => new(StatusCodes.Status400BadRequest, message, endsConnection: true);

    /// <summary>It was understood, and cannot be run.</summary>
    public static GoJudgeRefusal CannotRun(string message) => new(StatusCodes.Status500InternalServerError, message);
}
