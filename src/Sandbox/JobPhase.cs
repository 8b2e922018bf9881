namespace Sandbox;

/// <summary>A part of a job's life; the names in result.json are these in lower case.</summary>
public enum JobPhase
{
    /// <summary>The job is checked.</summary>
    Validate,

    /// <summary>The host opens, makes and leases what the job needs.</summary>
    Prepare,

    /// <summary>An image is looked up, imported or read.</summary>
    Image,

    /// <summary>The launcher sets the sandbox up, in a phase that is not known.</summary>
    Setup,

    /// <summary>The namespaces of the job are made.</summary>
    Clone,

    /// <summary>The first process becomes root of its user namespace.</summary>
    Identity,

    /// <summary>The new root is mounted.</summary>
    Root,

    /// <summary>What the job sees is mounted into it.</summary>
    Mounts,

    /// <summary>Files are put into it.</summary>
    Files,

    /// <summary>It becomes <c>/</c>, and the old one goes.</summary>
    Pivot,

    /// <summary>Host name, network devices and settings of the job's own namespaces.</summary>
    Host,

    /// <summary>The job's session, its control groups and descriptors 0 to 2.</summary>
    Session,

    /// <summary>Ids, limits and capabilities.</summary>
    Privileges,

    /// <summary>Working directory and Landlock.</summary>
    Confine,

    /// <summary>The system call filter.</summary>
    Filter,

    /// <summary>The command is executed.</summary>
    Exec,

    /// <summary>The job runs.</summary>
    Run,

    /// <summary>The processes of a running job are looked at.</summary>
    Watch,

    /// <summary>Outputs and changes are brought to the host.</summary>
    Collect,

    /// <summary>The job's mounts and control groups are let go.</summary>
    Teardown,
}

/// <summary>The phases in the words of results and of the dry run.</summary>
internal static class JobPhases
{
    public static string Word(this JobPhase phase) => phase switch
    {
        JobPhase.Validate => "validate",
        JobPhase.Prepare => "prepare",
        JobPhase.Image => "image",
        JobPhase.Setup => "setup",
        JobPhase.Clone => "clone",
        JobPhase.Identity => "identity",
        JobPhase.Root => "root",
        JobPhase.Mounts => "mounts",
        JobPhase.Files => "files",
        JobPhase.Pivot => "pivot",
        JobPhase.Host => "host",
        JobPhase.Session => "session",
        JobPhase.Privileges => "privileges",
        JobPhase.Confine => "confine",
        JobPhase.Filter => "filter",
        JobPhase.Exec => "exec",
        JobPhase.Run => "run",
        JobPhase.Watch => "watch",
        JobPhase.Collect => "collect",
        JobPhase.Teardown => "teardown",
        _ => throw new ArgumentOutOfRangeException(nameof(phase)),
    };
}
