using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Sandbox.Cli.Interop;

namespace Sandbox.Cli.Isolate;

/// <summary>
/// Where the boxes of one caller are, between the commands that make, use and remove them: a directory that nobody else can write to, with a folder for each box,
/// named by its number, and the locks of boxes in <c>locks</c>.
/// </summary>
internal sealed class BoxPlace : IDisposable
{
    /// <summary>The variable that names another directory.</summary>
    public const string Variable = "SANDBOX_ISOLATE";

    private const string OfRoot = "/var/local/lib/isolate";
    private const uint OwnerOnly = 0x1c0; // rwx------
    private const uint WritableByOthers = 0x12; // -w--w-

    private static ReadOnlySpan<byte> LocksName => "locks"u8;

    private readonly SafeFileHandle _directory;
    private readonly SafeFileHandle _locks;

    private BoxPlace(string path, SafeFileHandle directory, SafeFileHandle locks) => (Path, _directory, _locks) = (path, directory, locks);

    /// <summary>Its path.</summary>
    public string Path { get; }

    /// <summary>The directory of a caller: what the variable names; else that of isolate for root, and one in /var/tmp, which outlives a session, for others.</summary>
    public static string PathOf(uint uid, string? variable) => variable is { Length: > 0 } ? variable.TrimEnd('/')
        : uid == 0 ? OfRoot
        : string.Create(CultureInfo.InvariantCulture, $"/var/tmp/sandbox-isolate-{uid}");

    /// <summary>Opens it.</summary>
    /// <param name="path">An absolute path.</param>
    /// <param name="make">It is made if it is missing.</param>
    /// <returns>Null if it is missing and is not to be made.</returns>
    /// <exception cref="IsolateException">It is not the caller's alone, or cannot be made.</exception>
    public static BoxPlace? Open(string path, bool make)
    {
        if (!path.StartsWith('/'))
        {
            throw new IsolateException($"{Variable} has to be an absolute path, not {DisplayText.Quote(path)}");
        }

        var error = TreeCalls.OpenDirectory(path, out var directory);
        if (error == -TreeCalls.ENOENT && make)
        {
            Make(path);
            error = TreeCalls.OpenDirectory(path, out directory);
        }

        if (error == -TreeCalls.ENOENT && !make)
        {
            return null;
        }

        IsolateException.Check(error, $"the directory of boxes {DisplayText.Quote(path)} cannot be opened");
        CheckOwner(path, directory);
        if (TreeCalls.OpenDirectory(directory, LocksName, out var locks) == -TreeCalls.ENOENT)
        {
            var made = TreeCalls.MakeDirectory(directory, LocksName, OwnerOnly);
            IsolateException.Check(made == -TreeCalls.EEXIST ? 0 : made, "the directory of locks cannot be made");
            IsolateException.Check(TreeCalls.OpenDirectory(directory, LocksName, out locks), "the directory of locks cannot be opened");
        }

        return new(path, directory, locks);
    }

    /// <summary>Takes the lock of a box.</summary>
    /// <param name="number">Which.</param>
    /// <param name="make">The box may be missing.</param>
    /// <param name="waits">One that is in use is waited for.</param>
    /// <returns>Null if there is no such box.</returns>
    /// <exception cref="IsolateException">It is in use.</exception>
    public Box? Take(int number, bool make, bool waits)
    {
        var name = number.ToString(CultureInfo.InvariantCulture);
        while (true)
        {
            if (TreeCalls.OpenFile(_locks, name, make, out var file) is var error and < 0)
            {
                file.Dispose();
                return error == -TreeCalls.ENOENT ? null : throw new IsolateException($"the lock of the box cannot be opened: {IsolateFailure.Text(-error)}");
            }

            error = TreeCalls.Lock(file, waits);
            if (error == -TreeCalls.EWOULDBLOCK)
            {
                file.Dispose();
                throw new IsolateException("This box is currently in use by another process");
            }

            IsolateException.Check(error, "the box cannot be locked");

            // Whoever removed the box has removed the lock that we waited for.
            IsolateException.Check(TreeCalls.Status(file, out var held), "the lock of the box cannot be looked at");
            if (TreeCalls.Status(_locks, Encoding.ASCII.GetBytes(name), out var named) == 0 && named.Is(held))
            {
                return new(this, number, file);
            }

            file.Dispose();
        }
    }

    /// <summary>The directory.</summary>
    public SafeFileHandle Directory => _directory;

    /// <summary>That of the locks.</summary>
    public SafeFileHandle Locks => _locks;

    /// <inheritdoc/>
    public void Dispose()
    {
        _locks.Dispose();
        _directory.Dispose();
    }

    private static void Make(string path)
    {
        try
        {
            if (System.IO.Path.GetDirectoryName(path) is { Length: > 1 } above)
            {
                System.IO.Directory.CreateDirectory(above);
            }

            System.IO.Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new IsolateException($"the directory of boxes {DisplayText.Quote(path)} cannot be made: {Diagnostics.Reason(failure)}");
        }
    }

    private static void CheckOwner(string path, SafeFileHandle directory)
    {
        IsolateException.Check(TreeCalls.Status(directory, out var entry), "the directory of boxes cannot be looked at");
        if (entry.Uid != TreeCalls.Self.Uid || (entry.Mode & WritableByOthers) != 0)
        {
            throw new IsolateException($"the directory of boxes {DisplayText.Quote(path)} has to be yours, and nobody else may write to it; {Variable} names another one");
        }
    }
}
