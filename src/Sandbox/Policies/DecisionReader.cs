namespace Sandbox.Policies;

/// <summary>
/// Works out what a BPF program does for one system call number: it runs the program with the number and the
/// architecture known and everything else unknown, and keeps the comparisons of what is unknown.
/// </summary>
internal sealed class DecisionReader(BpfInstruction[] program, uint arch, DecisionPool pool)
{
    // Many paths meet again: each comparison is followed once for a number.
    private readonly Dictionary<(int At, FilterWord Word), Decision> _followed = [];

    public Decision Read(int number)
    {
        _followed.Clear();
        return Step(0, new Accumulator(true, 0, default), number);
    }

    private Decision Step(int at, Accumulator accumulator, int number)
    {
        for (; ; at++)
        {
            var instruction = program[at];
            if (instruction.Code == BpfInstruction.Return)
            {
                return pool.Return(instruction.K);
            }

            if (instruction.Code == BpfInstruction.Jump)
            {
                at += (int)instruction.K;
                continue;
            }

            if (!instruction.IsConditionalJump)
            {
                accumulator = Compute(accumulator, instruction, number);
                continue;
            }

            if (!accumulator.Known)
            {
                return Branch(at, instruction, accumulator, number);
            }

            at += BpfInstruction.Holds(instruction.Code, accumulator.Value, instruction.K) ? instruction.JumpTrue : instruction.JumpFalse;
        }
    }

    private Decision Branch(int at, BpfInstruction jump, Accumulator accumulator, int number)
    {
        if (_followed.TryGetValue((at, accumulator.Word), out var known))
        {
            return known;
        }

        var yes = Step(at + 1 + jump.JumpTrue, accumulator, number);
        var no = Step(at + 1 + jump.JumpFalse, accumulator, number);
        return _followed[(at, accumulator.Word)] = pool.Test(accumulator.Word, jump.Code, jump.K, yes, no);
    }

    private Accumulator Compute(Accumulator accumulator, BpfInstruction instruction, int number)
    {
        if (instruction.Code == BpfInstruction.Load)
        {
            if (instruction.K == FilterWord.Number.Offset)
            {
                return new Accumulator(true, (uint)number, default);
            }

            return instruction.K == FilterWord.Arch.Offset
                ? new Accumulator(true, arch, default)
                : new Accumulator(false, 0, new FilterWord(instruction.K, uint.MaxValue));
        }

        if (instruction.Code != BpfInstruction.And)
        {
            throw new SandboxException($"libseccomp wrote an instruction that is not expected: 0x{instruction.Code:x2}");
        }

        return accumulator.Known
            ? accumulator with { Value = accumulator.Value & instruction.K }
            : accumulator with { Word = accumulator.Word with { Mask = accumulator.Word.Mask & instruction.K } };
    }

    private readonly record struct Accumulator(bool Known, uint Value, FilterWord Word);
}
