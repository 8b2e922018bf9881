namespace Sandbox.Server.Fronts.GoJudge;

/// <summary>What a command is run as, and what is to be told of it.</summary>
internal sealed record CommandPlan
{
    /// <summary>What was asked for.</summary>
    public required CommandForm Form { get; init; }

    /// <summary>What is run.</summary>
    public required JobSpec Job { get; init; }

    /// <summary>What becomes of files and streams.</summary>
    public required IReadOnlyList<WantedFile> Wanted { get; init; }

    /// <summary>What its result is without anything having been run; null if it can be run.</summary>
    public CommandResult? AtOnce { get; init; }

    /// <summary>The pipes that it has an end of.</summary>
    public IReadOnlyList<string> Pipes { get; init; } = [];

    /// <summary>Streams that a client writes and reads while it runs, by descriptor.</summary>
    public IReadOnlyList<int> Live { get; init; } = [];
}

/// <summary>A file or a stream whose bytes are told or kept.</summary>
internal sealed record WantedFile
{
    /// <summary>What it is called in the result.</summary>
    public required string Name { get; init; }

    /// <summary>Where it is inside; empty for a stream.</summary>
    public string Path { get; init; } = "";

    /// <summary>The descriptor of a stream that was captured; 0 for a file.</summary>
    public int Stream { get; init; }

    /// <summary>The most bytes of it.</summary>
    public required long Max { get; init; }

    /// <summary>It was open as a descriptor from the start.</summary>
    public bool IsCollector { get; init; }

    /// <summary>It goes into the store, and its id into the result.</summary>
    public bool IsCached { get; init; }

    /// <summary>That there is none is no error.</summary>
    public bool IsOptional { get; init; }

    /// <summary>Of a larger one the beginning is delivered.</summary>
    public bool IsTruncated { get; init; }

    /// <summary>How many bytes of it the server may have to hold; 0 for one of which it has only the name.</summary>
    /// <param name="most">How many bytes a result may have of one file.</param>
    public long Held(long most) => IsCached && !IsTruncated ? 0 : Math.Min(most, Max < long.MaxValue / 2 ? Max + 1 : Max);

    /// <summary>What is collected for it; empty for a stream, and for a name that cannot be.</summary>
    /// <param name="most">How many bytes a result may have of one file.</param>
    public IEnumerable<OutputSpec> Outputs(long most)
    {
        if (Path.Length == 0 || CommandPaths.IsPattern(Path))
        {
            yield break;
        }

        if (IsCached)
        {
            yield return new() { Path = Path, To = OutputSpec.Store, MaxSizeBytes = Max, Optional = true };
        }

        if (!IsCached || IsTruncated)
        {
            // One byte more than may be of what a command was given: so clients see that it was too long.
            yield return new() { Path = Path, To = OutputSpec.Memory, MaxSizeBytes = Math.Min(most, IsCollector && Max < most ? Max + 1 : Max), Optional = true };
        }
    }
}
