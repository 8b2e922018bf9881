using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;

#pragma warning disable CA1416 // Unix file modes: the sandbox runs on Linux only.

namespace Sandbox.Policies;

/// <summary>
/// Keeps compiled policies in <c>$XDG_CACHE_HOME/sandbox</c>. It only ever saves time: what is missing, foreign
/// or damaged is compiled again, and a folder that cannot be written is no error.
/// </summary>
internal sealed class PolicyCache(string folder)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>
    /// A hash of everything that libseccomp would be asked: the policy after every name, group and extended
    /// policy has been looked up.
    /// </summary>
    public static string Key(ResolvedPolicy policy)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{SeccompCompiler.Version} {policy.Arch:x} {policy.Unlisted:x}\n");
        foreach (var (number, clauses) in policy.Clauses.OrderBy(entry => entry.Key))
        {
            foreach (var clause in clauses)
            {
                text.Append(CultureInfo.InvariantCulture, $"{number} {clause.Action:x}");
                foreach (var matches in clause.Alternatives)
                    text.Append(" |").AppendJoin(' ', matches.Select(match => string.Create(CultureInfo.InvariantCulture, $" {match.Argument}&{match.Mask:x}={match.Value:x}")));
                text.Append('\n');
            }
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(text.ToString())));
    }

    /// <summary>The cache of the user who runs the sandbox; null where there is no home.</summary>
    public static PolicyCache? OfUser()
    {
        // The XDG base directory specification: a relative path is to be ignored.
        var cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
        if (cache is not null && Path.IsPathRooted(cache))
            return new PolicyCache(Path.Combine(cache, "sandbox"));
        var home = Environment.GetEnvironmentVariable("HOME");
        return home is not null && Path.IsPathRooted(home) ? new PolicyCache(Path.Combine(home, ".cache", "sandbox")) : null;
    }

    /// <summary>The blob kept under the key, or null.</summary>
    public byte[]? Find(string key)
    {
        if (!SeccompFiles.IsPrivate(folder))
            return null;
        try
        {
            using var file = File.OpenHandle(Path.Combine(folder, key));
            return Read(file);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Keeps a blob under the key, if that is possible.</summary>
    public void Keep(string key, byte[] blob)
    {
        var temporary = Path.Combine(folder, $"{key}.{Environment.ProcessId}.{Environment.CurrentManagedThreadId}");
        try
        {
            Directory.CreateDirectory(folder, OwnerOnly);
            if (!SeccompFiles.IsPrivate(folder))
                return;
            File.Delete(temporary);
            using (var file = new FileStream(temporary, new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            }))
            {
                file.Write(blob);
            }

            // Readers see the whole file or none.
            File.Move(temporary, Path.Combine(folder, key), overwrite: true);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // A read-only or full home: the next job compiles again.
        }
    }

    private static byte[]? Read(SafeFileHandle file)
    {
        const int MaxBytes = SHA256.HashSizeInBytes + (BpfProgram.MaxInstructions * BpfProgram.InstructionBytes);
        if (!SeccompFiles.IsPrivate(file) || RandomAccess.GetLength(file) is var length && length > MaxBytes)
            return null;
        var blob = new byte[length];
        return RandomAccess.Read(file, blob, 0) == length && PolicyBlob.IsSound(blob) ? blob : null;
    }
}
