using System.Text;
using Sandbox.Interop;

namespace Sandbox.Execution.Collect;

/// <summary>A directory of an overlay's upper side that is yet to be looked into.</summary>
internal sealed class DiffDirectory
{
    /// <summary>The directory it is in; null for the overlay's own.</summary>
    public required DiffDirectory? Parent { get; init; }

    /// <summary>Its name in there; of the overlay's own directory, its target.</summary>
    public required string Name { get; init; }

    /// <summary>What it is.</summary>
    public required FileStatus Status { get; init; }

    /// <summary>The lower layers that have it too.</summary>
    public required IReadOnlyList<int> Layers { get; init; }

    /// <summary>It, or a directory above, hides what is below: all of it is the job's.</summary>
    public bool IsReplaced { get; set; }

    /// <summary>The archive has it.</summary>
    public bool IsArchived { get; set; }

    /// <summary>The path from the overlay's own directory, which is empty for that.</summary>
    public string Below { get; private set; } = "";

    /// <summary>The path inside the sandbox.</summary>
    public string Inside { get; private set; } = "";

    /// <summary>The path inside the sandbox of something in it.</summary>
    public string InsideOf(string name) => Inside.EndsWith('/') ? Inside + name : $"{Inside}/{name}";

    /// <summary>The path from the overlay's own directory of something in it.</summary>
    public string BelowOf(string name) => Below.Length == 0 ? name : $"{Below}/{name}";

    /// <summary>
    /// Makes the paths, when it is its turn: thousands may be waiting, each with a path of thousands of characters. Those above
    /// have had theirs.
    /// </summary>
    public void Enter()
    {
        Below = Parent is null ? "" : Parent.BelowOf(Name);
        Inside = Parent is null ? Name : Parent.InsideOf(Name);
    }

    /// <summary>Bytes that a path inside the sandbox takes.</summary>
    public int LengthOf(string name) => Encoding.UTF8.GetByteCount(Inside) + 1 + Encoding.UTF8.GetByteCount(name);
}
