using Sandbox;
using Sandbox.Policies;

// Part of the build: writes policy NAME for architecture ARCH to FOLDER/NAME.ARCH, as PolicyStore reads it.
if (args is not [var folder])
{
    Console.Error.WriteLine("usage: Sandbox.PolicyCompiler FOLDER");
    return 2;
}

Directory.CreateDirectory(folder);
try
{
    foreach (var name in PolicyLibrary.Names)
    {
        foreach (var arch in SyscallTable.Architectures)
        {
            var program = SeccompCompiler.Compile(PolicyResolver.Resolve(PolicyLibrary.BuiltIn(name)!, arch));
            File.WriteAllBytes(Path.Combine(folder, $"{name}.{SyscallTable.ArchName(arch)}"), PolicyBlob.Seal(program));
            Console.WriteLine($"{name} for {SyscallTable.ArchName(arch)}: {program.Length / BpfProgram.InstructionBytes} instructions");
        }
    }

    return 0;
}
catch (InvalidJobException invalid)
{
    foreach (var problem in invalid.Problems)
        Console.Error.WriteLine($"policies: error POLICY: {problem}");
}
catch (SandboxException failure)
{
    Console.Error.WriteLine($"policies: error POLICY: {failure.Message}{(failure.Hint is { } hint ? $"; {hint}" : "")}");
}

return 1;
