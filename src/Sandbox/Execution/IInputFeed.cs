using Sandbox.Interop;

namespace Sandbox.Execution;

/// <summary>Moves bytes from a source of the host to what the job reads.</summary>
internal interface IInputFeed : IDisposable
{
    /// <summary>What to wait for: the job while bytes are at hand, the source otherwise.</summary>
    PollEntry Wait { get; }

    /// <summary>Moves what is ready; never blocks on the job.</summary>
    void Pump();

    /// <summary>There is nobody left to feed.</summary>
    void Stop();
}
