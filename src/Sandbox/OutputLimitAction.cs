namespace Sandbox;

/// <summary>What happens when a stream reaches the <c>output</c> limit.</summary>
public enum OutputLimitAction
{
    /// <summary>The job is killed: verdict <c>output-limit</c>.</summary>
    Kill,

    /// <summary>Further bytes are dropped and the stream is marked truncated.</summary>
    Truncate,
}
