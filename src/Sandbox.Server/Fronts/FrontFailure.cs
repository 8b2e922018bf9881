using System.Text.Json;

namespace Sandbox.Server.Fronts;

/// <summary>What is told of a failure that is not the client's: never a path of this machine, which is not for whoever asks.</summary>
internal static class FrontFailure
{
    /// <summary>In a sentence.</summary>
    public static string Words(Exception failure) => failure switch
    {
        Jobs.JobPostponedException => failure.Message,
        SandboxException { Errno.Length: > 0 and <= 16 } known => $"this server cannot do it at the moment ({known.Errno})",
        _ => "this server cannot do it at the moment",
    };

    /// <summary>What is wrong with JSON, without names of our types.</summary>
    public static string Words(JsonException wrong) => wrong switch
    {
        { Path: null } => wrong.Message, // it is no JSON
        { InnerException: JsonException inner } => inner.Message,
        _ => $"the value at {wrong.Path} is not of the type that it has to be",
    };
}
