namespace Sandbox.Policies;

/// <summary>
/// Lays a decision out as a BPF program. Jumps only go forward and at most 255 instructions far (bpf(4)), so
/// the program is written from its end: whatever an instruction jumps to has its place already.
/// </summary>
internal sealed class DecisionWriter
{
    private const int Reach = byte.MaxValue - 2;

    // In reverse: the last element is the program's first instruction.
    private readonly List<BpfInstruction> _reversed = [];
    private readonly Dictionary<(Decision Decision, bool Loaded), int> _places = [];

    public static IReadOnlyList<BpfInstruction> Write(Decision root)
    {
        var writer = new DecisionWriter();
        writer.Place(root, default);
        writer._reversed.Reverse();
        if (writer._reversed.Count > BpfProgram.MaxInstructions)
        {
            throw new SandboxException($"the policy needs {writer._reversed.Count} BPF instructions; the kernel takes {BpfProgram.MaxInstructions}");
        }

        return writer._reversed;
    }

    /// <summary>Writes the decision unless it stands already; <paramref name="loaded"/> is what the accumulator holds on the way in.</summary>
    private int Place(Decision decision, FilterWord loaded)
    {
        var test = decision as TestDecision;
        var isLoaded = test is null || test.Word == loaded;
        if (_places.TryGetValue((decision, isLoaded), out var place))
        {
            return place;
        }

        place = test is null
            ? Append(new BpfInstruction(BpfInstruction.Return, 0, 0, ((ReturnDecision)decision).Action))
            : isLoaded ? AppendComparison(test) : AppendLoad(test);
        _places[(decision, isLoaded)] = place;
        return place;
    }

    private int AppendComparison(TestDecision test)
    {
        Place(test.No, test.Word);
        Place(test.Yes, test.Word);
        // Bringing one near adds an instruction at most, which Reach leaves room for.
        var no = Near(test.No, test.Word);
        var yes = Near(test.Yes, test.Word);
        return Append(new BpfInstruction(
            test.Jump, (byte)(_reversed.Count - yes - 1), (byte)(_reversed.Count - no - 1), test.Value));
    }

    private int AppendLoad(TestDecision test)
    {
        var comparison = Place(test, test.Word);
        if (comparison != _reversed.Count - 1)
        {
            Append(new BpfInstruction(BpfInstruction.Jump, 0, 0, (uint)(_reversed.Count - comparison - 1)));
        }

        if (test.Word.Mask != uint.MaxValue)
        {
            Append(new BpfInstruction(BpfInstruction.And, 0, 0, test.Word.Mask));
        }

        return Append(new BpfInstruction(BpfInstruction.Load, 0, 0, test.Word.Offset));
    }

    private int Near(Decision decision, FilterWord loaded)
    {
        var place = Place(decision, loaded);
        if (_reversed.Count - place <= Reach)
        {
            return place;
        }

        var hasWord = decision is not TestDecision test || test.Word == loaded;
        var step = decision is ReturnDecision result
            ? new BpfInstruction(BpfInstruction.Return, 0, 0, result.Action)
            : new BpfInstruction(BpfInstruction.Jump, 0, 0, (uint)(_reversed.Count - place - 1));
        return _places[(decision, hasWord)] = Append(step);
    }

    private int Append(BpfInstruction instruction)
    {
        _reversed.Add(instruction);
        return _reversed.Count - 1;
    }
}
