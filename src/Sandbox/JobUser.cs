namespace Sandbox;

/// <summary>The user and group id the job sees itself as; <c>"root"</c> is 0:0 in the job's own user namespace.</summary>
public sealed record JobUser
{
    /// <summary>User id inside, 0 to 4294967294.</summary>
    public required uint Uid { get; init; }

    /// <summary>Group id inside, same range as <see cref="Uid"/>.</summary>
    public required uint Gid { get; init; }

    /// <summary>Who a job is unless somebody says otherwise.</summary>
    internal static JobUser Ordinary { get; } = new() { Uid = 1000, Gid = 1000 };
}
