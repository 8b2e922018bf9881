using System.Text;
using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;
using Sandbox.Storage;

namespace Sandbox.Store;

/// <summary>The directory in which a user's sandbox keeps what jobs share; nobody else may enter it.</summary>
internal static class StoreLocation
{
    private const string Variable = "SANDBOX_STORE";
    private const string OfRoot = "/var/lib/sandbox";
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>
    /// Where it is: $SANDBOX_STORE; /var/lib/sandbox for root, whose HOME may be another user's; else as the XDG base directory
    /// specification says.
    /// </summary>
    /// <exception cref="SandboxException">There is no absolute path to be had.</exception>
    public static string OfUser() => Of(Environment.GetEnvironmentVariable, Libc.EffectiveUid());

    /// <summary>The one that a host has named.</summary>
    /// <exception cref="SandboxException">It is no absolute path.</exception>
    public static string Named(string directory) =>
        Path.IsPathRooted(directory) ? directory : throw Failure("the store must be an absolute path", directory, null);

    /// <summary>The one that was named, or this user's; null if there is no place for one.</summary>
    public static string? Find(string? named)
    {
        try
        {
            return named is null ? OfUser() : Named(named);
        }
        catch (SandboxException)
        {
            return null;
        }
    }

    /// <summary>The same in a given environment.</summary>
    internal static string Of(Func<string, string?> variable, uint uid)
    {
        if (variable(Variable) is { Length: > 0 } named)
        {
            return Path.IsPathRooted(named) ? named : throw Failure($"{Variable} must be an absolute path", named, null);
        }

        if (uid == 0)
        {
            return OfRoot;
        }

        // A relative path in one of these is to be ignored, the specification says.
        if (variable("XDG_DATA_HOME") is { } shared && Path.IsPathRooted(shared))
        {
            return Path.Join(shared, "sandbox");
        }

        if (variable("HOME") is { } home && Path.IsPathRooted(home))
        {
            return Path.Join(home, ".local/share/sandbox");
        }

        throw Failure($"there is no place for the store: neither {Variable}, XDG_DATA_HOME nor HOME is an absolute path", null, null);
    }

    /// <summary>Makes the directory, and the ones above it, if they are missing; opens it.</summary>
    /// <exception cref="SandboxException">It cannot be made, or others may write to it.</exception>
    public static SafeFileHandle Create(string directory)
    {
        try
        {
            Directory.CreateDirectory(directory, OwnerOnly);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw Failure("the directory of the store cannot be made", directory, failure is UnauthorizedAccessException ? "EACCES" : Errno.Name(failure.HResult));
        }

        return Open(directory) ?? throw Failure("the directory of the store cannot be opened", directory, "ENOENT");
    }

    /// <summary>Opens the directory; null if it is not there.</summary>
    /// <exception cref="SandboxException">It cannot be opened, or others may write to it: what is in it would be theirs.</exception>
    public static SafeFileHandle? Open(string directory)
    {
        var error = Libc.OpenDirectory(Encoding.UTF8.GetBytes(directory + '\0'), out var handle);
        if (error == -Errno.ENOENT)
        {
            return null;
        }

        if (error < 0)
        {
            throw Failure("the directory of the store cannot be opened", directory, Errno.Name(-error));
        }

        if (StoreDirectory.IsPrivate(handle))
        {
            return handle;
        }

        handle.Dispose();
        throw Failure("the directory of the store is not this user's alone", directory, "EPERM", Operation.ShareStore);
    }

    private static SandboxException Failure(string message, string? path, string? errno, Operation operation = Operation.OpenStore) =>
        new(message) { Operation = operation, Path = path, Errno = errno };
}
