using System.Text.Json;

namespace Sandbox.Policies;

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
