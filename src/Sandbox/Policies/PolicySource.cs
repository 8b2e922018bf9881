namespace Sandbox.Policies;

/// <summary>The text of one policy and how problems in it are named.</summary>
internal sealed record PolicySource
{
    /// <summary>Whose problem it is, such as a file's path; empty for a policy written in the job.</summary>
    public required string Name { get; init; }

    /// <summary>UTF-8.</summary>
    public required ReadOnlyMemory<byte> Json { get; init; }

    /// <summary>JSON pointer of the policy in what the user wrote: <c>/seccomp</c> in a job, else empty.</summary>
    public required string Pointer { get; init; }

    /// <summary>Folder that a relative path in <c>extends</c> starts from; null where there is none.</summary>
    public required string? Directory { get; init; }
}
