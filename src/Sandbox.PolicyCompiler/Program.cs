using System.Text;
using Sandbox;
using Sandbox.Policies;

// Part of the build: writes every built-in policy for every architecture into DIRECTORY/BuiltInPolicies.g.cs. As data of
// the program rather than resources they cost a start nothing: a resource is found by reflection, which takes 0.2 ms
// to wake up.
if (args is not [var directory])
{
    Console.Error.WriteLine("usage: Sandbox.PolicyCompiler DIRECTORY");
    return 2;
}

Directory.CreateDirectory(directory);
try
{
    var source = new StringBuilder("namespace Sandbox.Policies;\n\n#pragma warning disable\ninternal static class BuiltInPolicies\n{\n")
        .Append("    public static ReadOnlySpan<byte> Find(string name, uint arch, PolicyVariant variant) => (name, arch, (int)variant) switch\n    {\n");
    foreach (var (name, arch, variant) in BuiltIns())
    {
        var program = SeccompCompiler.Compile(PolicyResolver.Resolve(PolicyLibrary.BuiltIn(name)!, arch, variant));
        source.Append($"        (\"{name}\", {arch}u, {(int)variant}) => [{string.Join(',', PolicyBlob.Seal(program))}],\n");
        Console.WriteLine($"{name} for {SyscallTable.ArchName(arch)}{(variant == PolicyVariant.None ? "" : $", {variant}")}: {program.Length / BpfProgram.InstructionBytes} instructions");
    }

    source.Append("        _ => default,\n    };\n}\n");
    File.WriteAllText(Path.Combine(directory, "BuiltInPolicies.g.cs"), source.ToString());
    return 0;
}
catch (InvalidJobException invalid)
{
    foreach (var problem in invalid.Problems)
    {
        Console.Error.WriteLine($"policies: error POLICY: {problem}");
    }
}
catch (SandboxException failure)
{
    Console.Error.WriteLine($"policies: error POLICY: {failure.Message}{(failure.Hint is { } hint ? $"; {hint}" : "")}");
}

return 1;

static IEnumerable<(string Name, uint Arch, PolicyVariant Variant)> BuiltIns() =>
    from name in PolicyLibrary.Names
    from arch in SyscallTable.Architectures
    from variant in PolicyVariants.All
    select (name, arch, variant);
