using Sandbox.Text;

namespace Sandbox.Planning;

/// <summary>A step as the wire has it, before its words and bytes have offsets.</summary>
/// <remarks>
/// <see cref="Blob"/> and the word lists are stored by the writer, which fills in the values that say
/// where: native/launcher/plan.h names them for each kind.
/// </remarks>
internal readonly record struct StepFields(StepKind Kind)
{
    /// <summary>First text; ignored where <see cref="WordsA"/> is set.</summary>
    public string A { get; init; } = "";

    /// <summary>Second text; ignored where <see cref="WordsB"/> is set.</summary>
    public string B { get; init; } = "";

    public StepFlags Flags { get; init; } = StepFlags.None;

    /// <summary>Index into the job's extra descriptors, or -1.</summary>
    public int Descriptor { get; init; } = -1;

    public ulong Value0 { get; init; }

    public ulong Value1 { get; init; }

    public ulong Value2 { get; init; }

    public ulong Value3 { get; init; }

    /// <summary>Words that follow each other in the text, the first at <c>a</c>; their number is value 0.</summary>
    public IReadOnlyList<string>? WordsA { get; init; }

    /// <summary>Words that follow each other in the text, the first at <c>b</c>; their number is value 1.</summary>
    public IReadOnlyList<string>? WordsB { get; init; }

    public ReadOnlyMemory<byte> Blob { get; init; }

    /// <summary>Which value takes the blob's offset, the next one its size; -1 without a blob.</summary>
    public int BlobValue { get; init; } = -1;
}
