using System.Text.Json;

namespace Sandbox.Policies;

/// <summary>One policy file as written: names are not looked up yet.</summary>
internal sealed record PolicyDocument
{
    /// <summary>The policy that this one changes, or null.</summary>
    public PolicyWord? Extends { get; init; }

    /// <summary>What calls get that nothing names; null: what the extended policy says, else ENOSYS.</summary>
    public PolicyWord? Unlisted { get; init; }

    /// <summary>Named groups of calls, the names with their <c>@</c>.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<PolicyWord>> Groups { get; init; } =
        new Dictionary<string, IReadOnlyList<PolicyWord>>();

    /// <summary>Calls and groups that pass.</summary>
    public IReadOnlyList<PolicyWord> Allow { get; init; } = [];

    /// <summary>Calls and groups that are refused, by action.</summary>
    public IReadOnlyList<(PolicyWord Action, IReadOnlyList<PolicyWord> Calls)> Deny { get; init; } = [];

    /// <summary>Rules that may look at arguments.</summary>
    public IReadOnlyList<PolicyRule> Rules { get; init; } = [];
}

/// <summary>An action for some calls, on conditions that all have to hold.</summary>
internal sealed record PolicyRule
{
    public required IReadOnlyList<PolicyWord> Calls { get; init; }

    public required IReadOnlyList<PolicyCondition> When { get; init; }

    /// <summary>The rule is one of the policy only in variants that have all of this.</summary>
    public PolicyVariant Only { get; init; }

    public required PolicyWord Action { get; init; }
}

/// <summary>An argument, masked, equals one of some values.</summary>
internal sealed record PolicyCondition
{
    /// <summary>Which argument, from 0.</summary>
    public required int Argument { get; init; }

    /// <summary>The bits to compare; null for all that the kernel looks at.</summary>
    public PolicyWord? Mask { get; init; }

    /// <summary>The values, one of which has to match.</summary>
    public required IReadOnlyList<PolicyWord> Values { get; init; }
}

/// <summary>A name, number or action in a policy file, and where it stands.</summary>
internal sealed record PolicyWord(string Text, PolicySource Source, string Pointer, long Offset);

/// <summary>A JSON value with its place, which <see cref="JsonDocument"/> does not tell.</summary>
internal sealed record PolicyNode
{
    /// <summary>The value's first token: StartObject, StartArray, String, Number, True, False or Null.</summary>
    public required JsonTokenType Kind { get; init; }

    /// <summary>The text of a string, or of a number as written.</summary>
    public required PolicyWord Word { get; init; }

    /// <summary>Members of an object by name, in order.</summary>
    public IReadOnlyList<(PolicyWord Name, PolicyNode Value)> Members { get; init; } = [];

    /// <summary>Items of an array.</summary>
    public IReadOnlyList<PolicyNode> Items { get; init; } = [];
}

/// <summary>The text of one policy and how problems in it are named.</summary>
internal sealed record PolicySource
{
    /// <summary>Whose problem it is, such as a file's path; empty for a policy written in the job.</summary>
    public required string Name { get; init; }

    /// <summary>UTF-8.</summary>
    public required ReadOnlyMemory<byte> Json { get; init; }

    /// <summary>JSON pointer of the policy in what the user wrote: <c>/seccomp</c> in a job, else empty.</summary>
    public required string Pointer { get; init; }

    /// <summary>Directory that a relative path in <c>extends</c> starts from; null where there is none.</summary>
    public required string? Directory { get; init; }

    /// <summary>It extends built-in policies only.</summary>
    public bool ExtendsBuiltInOnly { get; init; }
}
