using System.Diagnostics;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using Sandbox.Interop.Generated;
using Sandbox.Policies;
using Xunit;

namespace Sandbox.Tests.Policies;

/// <summary>Writes what the generated bindings and tables say as static assertions and has gcc check them against the headers.</summary>
public sealed class InteropProofTests
{
    [Fact]
    public void Every_generated_struct_has_the_layout_of_its_header()
    {
        var program = new StringBuilder("#include <seccomp.h>\n#include <linux/seccomp.h>\n#include <linux/filter.h>\n#include \"linux_abi.h\"\n");
        var structs = Generated().Where(type => type is { IsValueType: true, IsEnum: false } && !type.IsNested).ToList();
        foreach (var type in structs)
        {
            Describe(type, program);
        }

        var errors = Compile(program);

        Assert.NotEmpty(structs);
        Assert.Equal("", errors);
    }

    [Fact]
    public void Every_generated_constant_has_the_value_of_its_header()
    {
        var program = new StringBuilder("#include <seccomp.h>\n#include <linux/seccomp.h>\n#include \"linux_abi.h\"\n");
        var constants = Generated().SelectMany(type => type.GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic))
            .Where(field => field.IsLiteral && !NamesTheNewest(field.Name)).ToList();
        foreach (var constant in constants)
        {
            program.Append($"_Static_assert((unsigned long long)({constant.Name}) == {Number(constant)}, \"{constant.Name}\");\n");
        }

        var errors = Compile(program);

        Assert.True(constants.Count > 100);
        Assert.Equal("", errors);
    }

    [Theory]
    [InlineData("asm/unistd_64.h", SyscallTable.X8664, "")]
    [InlineData("asm/unistd_32.h", SyscallTable.I386, "")]
    [InlineData("asm-generic/unistd.h", SyscallTable.Aarch64, "#define __ARCH_WANT_RENAMEAT\n#define __ARCH_WANT_NEW_STAT\n#define __ARCH_WANT_SET_GET_RLIMIT\n#define __ARCH_WANT_SYS_CLONE3\n#define __ARCH_WANT_MEMFD_SECRET\n")]
    public void Every_call_has_the_number_of_its_header(string header, uint arch, string defines)
    {
        var program = new StringBuilder($"{defines}#if __has_include(<{header}>)\n#include <{header}>\n#endif\n");
        foreach (var name in SyscallTable.Names)
        {
            var number = SyscallTable.Number(name, arch) ?? -1;
            program.Append($"#ifdef __NR_{name}\n_Static_assert(__NR_{name} == {number}, \"{name}\");\n#endif\n");
        }

        var errors = Compile(program);

        Assert.Equal("", errors);
    }

    [Fact]
    public void Every_name_for_an_argument_has_the_value_of_its_header()
    {
        string[] headers = ["errno", "sched", "linux/sched", "sys/socket", "netinet/in", "netinet/tcp", "linux/udp", "linux/netlink", "fcntl", "asm/termbits", "linux/sockios", "linux/random", "sys/mman", "sys/personality", "linux/prctl", "linux/futex", "linux/seccomp", "asm/ioctls", "linux/fs", "linux/keyctl", "signal"];
        var program = new StringBuilder("#define _GNU_SOURCE\n");
        foreach (var header in headers)
        {
            program.Append($"#include <{header}.h>\n");
        }

        foreach (var name in ArgumentNames.All)
        {
            // Enumerators are invisible to the preprocessor, and other C libraries lack some macros.
            var guarded = name.StartsWith("PER_", StringComparison.Ordinal) || name.StartsWith("ADDR_", StringComparison.Ordinal) ? "1" : $"defined({name})";
            ArgumentNames.TryFind(name, out var value);
            program.Append($"#if {guarded}\n_Static_assert((unsigned long long)({name}) == {value}ULL, \"{name}\");\n#endif\n");
        }

        var errors = Compile(program);

        Assert.Equal("", errors);
    }

    private static IEnumerable<Type> Generated() =>
        typeof(SandboxException).Assembly.GetTypes().Where(type => type.Namespace == typeof(LibSeccomp).Namespace && !type.Name.EndsWith("Attribute", StringComparison.Ordinal));

    // Headers newer than those the bindings were made from move these on; nothing uses them.
    private static bool NamesTheNewest(string name) =>
        name.StartsWith("SCMP_VER_", StringComparison.Ordinal) || name.Contains("TASKSTATS", StringComparison.Ordinal) ||
        name.EndsWith("_MAX", StringComparison.Ordinal) || name.EndsWith("_LAST", StringComparison.Ordinal) || name.StartsWith("LANDLOCK_MASK", StringComparison.Ordinal);

    private static string Number(FieldInfo constant) => constant.GetRawConstantValue() switch
    {
        IConvertible value and (sbyte or short or int or long) => $"(unsigned long long)({value.ToInt64(null)}LL)",
        IConvertible value => $"{value.ToUInt64(null)}ULL",
        var other => throw new InvalidOperationException($"{constant.Name} is {other}"),
    };

    private static void Describe(Type type, StringBuilder program)
    {
        // Newer headers append members to structs that carry their size; what is bound must be where it was.
        program.Append($"_Static_assert(sizeof(struct {type.Name}) >= {SizeOf(type)}, \"{type.Name}\");\n");
        foreach (var field in type.GetFields())
        {
            var member = $"((struct {type.Name} *)0)->{field.Name}";
            program.Append($"_Static_assert(__builtin_offsetof(struct {type.Name}, {field.Name}) == {OffsetOf(type, field)}, \"{type.Name}.{field.Name}\");\n");
            program.Append($"_Static_assert(sizeof({member}) == {SizeOf(field.FieldType)}, \"size of {type.Name}.{field.Name}\");\n");
        }
    }

    private static int SizeOf(Type type) => type.IsPointer
        ? IntPtr.Size
        : (int)typeof(Unsafe).GetMethod(nameof(Unsafe.SizeOf))!.MakeGenericMethod(type).Invoke(null, null)!;

    // Fills one field with ones and looks where they are: Marshal.OffsetOf does not know inline arrays.
    private static int OffsetOf(Type owner, FieldInfo field)
    {
        var box = RuntimeHelpers.GetUninitializedObject(owner);
        field.SetValue(box, Ones(field.FieldType));
        var bytes = System.Runtime.InteropServices.MemoryMarshal.CreateReadOnlySpan(ref Unsafe.As<Box>(box).First, SizeOf(owner));
        return bytes.IndexOfAnyExcept((byte)0);
    }

    private static unsafe object Ones(Type type)
    {
        if (type.IsPointer)
        {
            return Pointer.Box((void*)-1, type);
        }

        var box = RuntimeHelpers.GetUninitializedObject(type);
        System.Runtime.InteropServices.MemoryMarshal.CreateSpan(ref Unsafe.As<Box>(box).First, SizeOf(type)).Fill(byte.MaxValue);
        return box;
    }

    private static string Compile(StringBuilder program)
    {
        const string Compiler = "/usr/bin/gcc";
        Assert.SkipUnless(File.Exists(Compiler), "needs gcc");
        using var directory = new TemporaryDirectory();
        var source = directory.Write("proof.c", program.ToString());
        string[] arguments = ["-fsyntax-only", "-w", "-I", Path.Combine(Repository.Root, "native/interop"), source];
        using var gcc = Process.Start(new ProcessStartInfo(Compiler, arguments) { RedirectStandardError = true })!;
        var errors = gcc.StandardError.ReadToEnd();
        gcc.WaitForExit();
        return errors;
    }

    private sealed class Box
    {
        public byte First;
    }
}
