namespace Sandbox.Execution;

/// <summary>What is done about a launcher that says nothing although a word of it is due.</summary>
internal enum LauncherAction
{
    /// <summary>Nothing is due.</summary>
    None,

    /// <summary>It may have been stopped: it is told to go on.</summary>
    Continue,

    /// <summary>It is killed, and its jobs end with it.</summary>
    Kill,

    /// <summary>Not even that ended it: nobody waits for it any more.</summary>
    GiveUp,
}
