namespace Sandbox.Cli;

/// <summary>What the command tells its caller.</summary>
internal static class ExitStatus
{
    /// <summary>Verdict <c>ok</c>, or the command did what was asked.</summary>
    public const int Ok = 0;

    /// <summary>The job ran and the verdict is anything else.</summary>
    public const int NotOk = 1;

    /// <summary>Bad usage or an invalid job; nothing was started.</summary>
    public const int Usage = 2;

    /// <summary>The sandbox could not be set up or was lost.</summary>
    public const int Sandbox = 3;

    /// <summary>The status for a verdict.</summary>
    public static int Of(Verdict verdict) => verdict switch
    {
        Verdict.Ok => Ok,
        Verdict.InvalidJob => Usage,
        Verdict.SetupError or Verdict.InternalError => Sandbox,
        _ => NotOk,
    };
}
