using Sandbox.Interop.Generated;
using Sandbox.Policies;
using Xunit;

namespace Sandbox.Tests.Policies;

public sealed class SeccompCompilerTests
{
    public static TheoryData<string, uint, int> BuiltIns
    {
        get
        {
            var rows = new TheoryData<string, uint, int>();
            foreach (var name in PolicyLibrary.Names)
            {
                foreach (var arch in SyscallTable.Architectures)
                {
                    foreach (var variant in PolicyVariants.All)
                    {
                        rows.Add(name, arch, (int)variant);
                    }
                }
            }

            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(BuiltIns))]
    public void The_search_tree_answers_as_libseccomp_does(string name, uint arch, int variant)
    {
        var policy = PolicyText.BuiltIn(name, arch, (PolicyVariant)variant);
        var layers = SeccompCompiler.Layers(policy);
        var program = BpfProgram.Parse(SeccompCompiler.Compile(policy));

        var differences = PolicyProof.Calls(policy, program)
            .Where(call => call.Arch == arch && call.Number is >= 0 and < 600)
            .Where(call => BpfProgram.Run(program, call) != Ask(layers, policy, call));

        Assert.Empty(differences);
    }

    [Theory]
    [MemberData(nameof(BuiltIns))]
    public void The_search_tree_answers_as_the_policy_says(string name, uint arch, int variant)
    {
        var policy = PolicyText.BuiltIn(name, arch, (PolicyVariant)variant);
        var program = BpfProgram.Parse(SeccompCompiler.Compile(policy));

        var wrong = PolicyProof.FindWrong(policy, program);

        Assert.Null(wrong);
    }

    [Theory]
    [MemberData(nameof(BuiltIns))]
    public void The_embedded_program_is_what_the_policy_compiles_to(string name, uint arch, int variant)
    {
        var embedded = PolicyStore.BuiltIn(name, arch, (PolicyVariant)variant);

        var compiled = PolicyBlob.Open(name, PolicyBlob.Seal(SeccompCompiler.Compile(PolicyText.BuiltIn(name, arch, (PolicyVariant)variant))));

        Assert.Equal(compiled.Sha256, embedded.Sha256);
        Assert.Equal(compiled.Program.ToArray(), embedded.Program.ToArray());
    }

    [Theory]
    [MemberData(nameof(BuiltIns))]
    public void A_built_in_policy_is_small_enough_to_install_fast(string name, uint arch, int variant)
    {
        // The kernel walks the program once for each number, up to the first look at an argument (seccomp_cache_prepare
        // in kernel/seccomp.c, Linux 5.11), some 900 times; what follows is only translated, at a twentieth of the price:
        // 400 of them are installed in 135 microseconds, where 140 took 130.
        const int MaxWalk = 30;
        const int Limit = 410;
        var program = BpfProgram.Parse(PolicyStore.BuiltIn(name, arch, (PolicyVariant)variant).Program.Span);

        var walks = Enumerable.Range(0, 480).Select(number => Walk(program, number, arch)).ToList();

        Assert.InRange(walks.Max(), 3, MaxWalk);
        Assert.InRange(walks.Average(), 3, MaxWalk / 2);
        Assert.InRange(program.Length, 10, Limit);
    }

    [Theory]
    [InlineData("default", SyscallTable.X8664)]
    [InlineData("judge", SyscallTable.Aarch64)]
    public void The_proof_notices_every_change_of_meaning(string name, uint arch)
    {
        var policy = PolicyText.BuiltIn(name, arch);
        var program = BpfProgram.Parse(PolicyStore.BuiltIn(name, arch, PolicyVariant.None).Program.Span);
        var pool = new DecisionPool();
        var meaning = Meaning(policy, program, pool);
        var wrong = Enumerable.Range(0, program.Length).SelectMany(at => Mutations(program[at]).Select(mutation => (at, mutation))).ToList();

        var unnoticed = wrong.Where(change => !Notices(policy, Changed(program, change.at, change.mutation))).ToList();

        // Two ways to the same end are no mistake: a jump may land on the same return further on.
        Assert.DoesNotContain(unnoticed, change => !Meaning(policy, Changed(program, change.at, change.mutation), pool).SequenceEqual(meaning));
        Assert.InRange(unnoticed.Count, 0, wrong.Count / 20);
    }

    [Fact]
    public void Random_policies_compile_to_what_they_say()
    {
        var random = new Random(4711);
        var names = SyscallTable.Names.Where(name => SyscallTable.Number(name, SyscallTable.X8664) is not null).ToArray();
        var sizes = new List<int>();

        for (var round = 0; round < 40; round++)
        {
            var policy = PolicyText.Resolve(RandomPolicy(random, names));
            sizes.Add(SeccompCompiler.Compile(policy).Length / BpfProgram.InstructionBytes);
        }

        // Compile proves each program; some of them need jumps further than a conditional one reaches.
        Assert.Contains(sizes, size => size > 400);
    }

    [Fact]
    public void A_known_comparison_is_not_made_twice()
    {
        var policy = PolicyText.Resolve("""
            { "rules": [
              { "syscalls": ["socket"], "when": [{ "arg": 0, "equals": 2 }], "action": "allow" },
              { "syscalls": ["socket"], "when": [{ "arg": 0, "in": [2, 3] }], "action": "kill" } ] }
            """);

        var program = BpfProgram.Parse(SeccompCompiler.Compile(policy));

        Assert.Single(program, instruction => instruction is { Code: BpfInstruction.JumpIfEqual, K: 2 });
    }

    [Theory]
    [InlineData("\"equals\": ")]
    [InlineData("\"mask\": \"0x%\", \"equals\": ")]
    public void A_rule_with_many_values_takes_no_time_that_doubles_with_each(string condition)
    {
        var random = new Random(4711);
        var values = Enumerable.Range(0, 40).Select(_ => (ulong)random.NextInt64() | 1);
        var rules = values.Select(value =>
            $$"""{ "syscalls": ["mmap"], "action": "kill", "when": [{ "arg": 0, {{condition.Replace("%", value.ToString("x", null), StringComparison.Ordinal)}}{{value}} }] }""");

        var policy = PolicyText.Resolve($$"""{ "allow": ["mmap"], "rules": [{{string.Join(", ", rules)}}] }""");

        Assert.NotEmpty(SeccompCompiler.Compile(policy));
    }

    private static int Walk(BpfInstruction[] program, int number, uint arch)
    {
        var accumulator = 0u;
        var steps = 1;
        for (var at = 0; program[at].Code != BpfInstruction.Return; at++, steps++)
        {
            var instruction = program[at];
            if (instruction.Code == BpfInstruction.Load && instruction.K > FilterWord.Arch.Offset)
            {
                return steps;
            }

            if (instruction.Code == BpfInstruction.Load)
            {
                accumulator = instruction.K == FilterWord.Arch.Offset ? arch : (uint)number;
            }
            else if (instruction.Code == BpfInstruction.Jump)
            {
                at += (int)instruction.K;
            }
            else if (instruction.IsConditionalJump)
            {
                at += BpfInstruction.Holds(instruction.Code, accumulator, instruction.K) ? instruction.JumpTrue : instruction.JumpFalse;
            }
        }

        return steps;
    }

    private static IEnumerable<BpfInstruction> Mutations(BpfInstruction instruction)
    {
        yield return instruction with { K = instruction.K + 4 };
        // The kernel takes no load of what is not aligned (seccomp_check_filter).
        if (instruction.Code != BpfInstruction.Load)
        {
            yield return instruction with { K = instruction.K ^ 1 };
        }

        if (!instruction.IsConditionalJump)
        {
            yield break;
        }

        yield return instruction with { JumpTrue = instruction.JumpFalse, JumpFalse = instruction.JumpTrue };
        yield return instruction with { JumpTrue = (byte)(instruction.JumpTrue + 1) };
        yield return instruction with { JumpFalse = (byte)(instruction.JumpFalse + 1) };
    }

    private static BpfInstruction[] Changed(BpfInstruction[] program, int at, BpfInstruction mutation)
    {
        var changed = program.ToArray();
        changed[at] = mutation;
        return changed;
    }

    // Equal decisions of one pool are the same object, once comparisons are gone whose answer is known on the way to them: a jump may
    // land behind the load of another argument, whose comparison is then made with one that is known.
    private static List<Decision> Meaning(ResolvedPolicy policy, BpfInstruction[] program, DecisionPool pool)
    {
        var reader = new DecisionReader(program, policy.Arch, pool);
        var join = new DecisionJoin(pool, SeccompCompiler.Next);
        return [.. PolicyProof.Numbers(policy).Select(number => join.Join(reader.Read(number), pool.Return(SeccompCompiler.Next)))];
    }

    private static bool Notices(ResolvedPolicy policy, BpfInstruction[] wrong)
    {
        try
        {
            return PolicyProof.FindWrong(policy, wrong) is not null;
        }
        catch (Exception failure) when (failure is SandboxException or IndexOutOfRangeException)
        {
            return true;
        }
    }

    private static uint Ask(IReadOnlyList<BpfInstruction[]> layers, ResolvedPolicy policy, SystemCall call)
    {
        // Every layer was compiled for this machine, whatever the policy is for.
        var native = call with { Arch = LibSeccomp.seccomp_arch_native() };
        var answers = layers.Select(layer => BpfProgram.Run(layer, native));
        return answers.Append(policy.Unlisted).First(answer => answer != SeccompCompiler.Next);
    }

    private static string RandomPolicy(Random random, string[] names)
    {
        string[] actions = ["allow", "kill", "log", "errno EPERM", "errno ENOSYS"];
        var rules = Enumerable.Range(0, random.Next(1, 90)).Select(_ =>
        {
            var conditions = Enumerable.Range(0, random.Next(0, 3)).Select(_ =>
            {
                var mask = random.Next(3) == 0 ? (ulong)random.NextInt64() : ulong.MaxValue;
                var value = (random.Next(2) == 0 ? (ulong)random.Next(8) : (ulong)random.NextInt64()) & mask;
                return mask == ulong.MaxValue
                    ? $$"""{ "arg": {{random.Next(6)}}, "in": [{{value}}, {{random.Next(8)}}] }"""
                    : $$"""{ "arg": {{random.Next(6)}}, "mask": {{mask}}, "equals": {{value & (random.Next(2) == 0 ? uint.MaxValue : 0)}} }""";
            }).ToList();
            var when = conditions.Count == 0 ? "" : $", \"when\": [{string.Join(", ", conditions.Take(1))}]";
            return $$"""{ "syscalls": ["{{names[random.Next(random.Next(2) == 0 ? 5 : names.Length)]}}"], "action": "{{actions[random.Next(actions.Length)]}}"{{when}} }""";
        });
        var calls = names.Where(name => name != "execve" && random.Next(2) == 0).Select(name => $"\"{name}\"");
        return $$"""{ "unlisted": "{{actions[random.Next(1, 5)]}}", "allow": [{{string.Join(", ", calls)}}], "rules": [{{string.Join(", ", rules.Where(rule => !rule.Contains("execve\"", StringComparison.Ordinal)))}}] }""";
    }
}
