namespace Sandbox.Cli.Terminal;

/// <summary>A job that signals are passed on to.</summary>
internal interface ISignalTarget
{
    /// <summary>There is a process that hears them.</summary>
    bool HasStarted { get; }

    /// <summary>Passes one on; false if its first process has ended already.</summary>
    bool Signal(int number);
}
