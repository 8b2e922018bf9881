using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Sandbox.Destinations;
using Sandbox.Interop;

namespace Sandbox.Policies;

/// <summary>
/// Keeps compiled policies. It only ever saves time: what is missing, foreign or damaged is compiled again, and a directory that
/// cannot be written is no error.
/// </summary>
/// <remarks>
/// What is in it holds later jobs, so no job may write to it. Jobs of an ordinary user have his id, and <c>~/.cache</c> is bound
/// into builds for their own caches: it is in <c>$XDG_RUNTIME_DIR</c>, whose sockets would be the end of all isolation anyway, or nowhere.
/// </remarks>
internal sealed class PolicyCache(string directory)
{
    private const int OwnerReadWrite = 0x180; // 0600
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>Where it is.</summary>
    public string Directory => directory;

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
                {
                    text.Append(" |").AppendJoin(' ', matches.Select(match => string.Create(CultureInfo.InvariantCulture, $" {match.Argument}&{match.Mask:x}={match.Value:x}")));
                }

                text.Append('\n');
            }
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(text.ToString())));
    }

    /// <summary>The cache of the user who runs the sandbox; null where there is no place for one.</summary>
    public static PolicyCache? OfUser() =>
        DirectoryOf(Environment.GetEnvironmentVariable, HostPathWalk.JobsHaveOtherIds) is { } directory ? new PolicyCache(directory) : null;

    /// <summary>Where it is in a given environment; null for nowhere.</summary>
    internal static string? DirectoryOf(Func<string, string?> variable, bool jobsHaveOtherIds)
    {
        // The XDG base directory specification: a relative path is to be ignored.
        if (variable("XDG_RUNTIME_DIR") is { } runtime && Path.IsPathRooted(runtime))
        {
            return Path.Join(runtime, "sandbox");
        }

        if (!jobsHaveOtherIds)
        {
            return null;
        }

        if (variable("XDG_CACHE_HOME") is { } cache && Path.IsPathRooted(cache))
        {
            return Path.Join(cache, "sandbox");
        }

        return variable("HOME") is { } home && Path.IsPathRooted(home) ? Path.Join(home, ".cache/sandbox") : null;
    }

    /// <summary>The blob kept under the key, or null.</summary>
    public byte[]? Find(string key)
    {
        using var opened = Open(makes: false);
        if (opened is null)
        {
            return null;
        }

        var error = Libc.OpenToReadAt(opened.Handle, key, out var file);
        using (file)
        {
            return error < 0 ? null : Read(file);
        }
    }

    /// <summary>Keeps a blob under the key, if that is possible.</summary>
    public void Keep(string key, byte[] blob)
    {
        using var opened = Open(makes: true);
        if (opened is null || NewFile.Create(opened, OwnerReadWrite, out var file) < 0)
        {
            return;
        }

        // A read-only or full place: the next job compiles again. Readers see the whole file or none.
        using (file)
        {
            if (file!.Write(blob) == 0)
            {
                _ = file.Commit(key);
            }
        }
    }

    private HostDirectory? Open(bool makes)
    {
        if (makes)
        {
            Make();
        }

        if (HostDirectory.Open(directory, makes: false, out var opened, out _) < 0)
        {
            return null;
        }

        if (opened!.IsPrivate)
        {
            return opened;
        }

        opened.Dispose();
        return null;
    }

    private void Make()
    {
        try
        {
            System.IO.Directory.CreateDirectory(directory, OwnerOnly);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // There is none then.
        }
    }

    private static byte[]? Read(SafeFileHandle file)
    {
        const int MaxBytes = SHA256.HashSizeInBytes + (BpfProgram.MaxInstructions * BpfProgram.InstructionBytes);
        if (!SeccompFiles.IsPrivate(file) || Libc.Status(file, out var status) < 0 || status.Size is var length && length > MaxBytes)
        {
            return null;
        }

        var blob = new byte[length];
        return Libc.ReadAt(file, blob, 0) == length && PolicyBlob.IsSound(blob) ? blob : null;
    }
}
