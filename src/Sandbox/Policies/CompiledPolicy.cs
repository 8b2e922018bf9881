using System.Security.Cryptography;

namespace Sandbox.Policies;

/// <summary>A policy as the kernel takes it.</summary>
internal sealed record CompiledPolicy
{
    /// <summary>The built-in's name, the file's path, or <c>inline</c>.</summary>
    public required string Name { get; init; }

    /// <summary>An array of <c>struct sock_filter</c>, ready to install.</summary>
    public required ReadOnlyMemory<byte> Program { get; init; }

    /// <summary>SHA-256 of <see cref="Program"/> in lower-case hexadecimal.</summary>
    public required string Sha256 { get; init; }
}

/// <summary>A program behind its SHA-256: how built-in policies are embedded, so that no start has to hash them.</summary>
internal static class PolicyBlob
{
    public static byte[] Seal(ReadOnlySpan<byte> program)
    {
        var blob = new byte[SHA256.HashSizeInBytes + program.Length];
        SHA256.HashData(program, blob);
        program.CopyTo(blob.AsSpan(SHA256.HashSizeInBytes));
        return blob;
    }

    public static CompiledPolicy Open(string name, byte[] blob) => new()
    {
        Name = name,
        Program = blob.AsMemory(SHA256.HashSizeInBytes),
        Sha256 = Convert.ToHexStringLower(blob.AsSpan(0, SHA256.HashSizeInBytes)),
    };

    /// <summary>Whether the program is whole and is the one that the hash was made of.</summary>
    public static bool IsSound(ReadOnlySpan<byte> blob)
    {
        var length = blob.Length - SHA256.HashSizeInBytes;
        if (length <= 0 || length % BpfProgram.InstructionBytes != 0 || length > BpfProgram.MaxInstructions * BpfProgram.InstructionBytes)
        {
            return false;
        }

        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(blob[SHA256.HashSizeInBytes..], hash);
        return hash.SequenceEqual(blob[..SHA256.HashSizeInBytes]);
    }
}
