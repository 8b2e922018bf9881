using System.Buffers.Binary;
using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Sandbox.Running;

namespace Sandbox.Server.Handover;

// A number is not a process: whoever connected may have ended, and another have its number by now. Since Linux 6.5 a socket tells the process itself (SO_PEERPIDFD). Before,
// the process that has the number is held, and has to send something while it is: the kernel tells the number of the sender with it (SCM_CREDENTIALS), and as long as the one
// that is held lives, that number is nobody else's. In another pid namespace a process cannot name one of ours as the sender (unix(7)).

/// <summary>The process at the other end of a connection, held by a pidfd.</summary>
internal sealed partial class CallerProcess : IDisposable
{
    private const int SolSocket = 1;
    private const int PassCredentials = 16;
    private const int PeerCredentials = 17;
    private const int PidfdOpen = 434; // of every architecture (pidfd_open(2)); the C library has it only since 2.36

    private readonly Socket _connection;
    private readonly SafeFileHandle _pidfd;
    private readonly bool _isKnown;

    private CallerProcess(Socket connection, SafeFileHandle pidfd, string number, bool isKnown) => (_connection, _pidfd, Number, _isKnown) = (connection, pidfd, number, isKnown);

    /// <summary>Its number in this process's pid namespace.</summary>
    public string Number { get; }

    /// <summary>It is over, and the number somebody else's or nobody's.</summary>
    public bool HasEnded => PeerCheck.PidOf(_pidfd) != Number;

    /// <summary>Takes hold of it; null if it has ended, or is in a pid namespace that this process does not see.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="isToldByKernel">Whether the kernel may be asked for the process itself; false to do as before Linux 6.5.</param>
    public static CallerProcess? Of(Socket connection, bool isToldByKernel = true)
    {
        var known = isToldByKernel ? PeerCheck.Pidfd(connection) : null;
        var pidfd = known ?? Held(connection);
        if (pidfd is not null && PeerCheck.PidOf(pidfd) is { } number && number is not ("-1" or "0"))
        {
            return new(connection, pidfd, number, known is not null);
        }

        pidfd?.Dispose();
        return null;
    }

    /// <summary>Has the kernel tell who sends from now on, where that is needed to know it.</summary>
    public void AskWhoSends()
    {
        if (!_isKnown)
        {
            _connection.SetRawSocketOption(SolSocket, PassCredentials, BitConverter.GetBytes(1));
        }
    }

    /// <summary>Receives a byte; false at the end of the connection, or if somebody else sent it.</summary>
    public bool HasSent(byte[] word)
    {
        if (_isKnown)
        {
            return HandoverProtocol.Fill(_connection, word);
        }

        var count = ReceivedStreams.Receive(_connection, word.AsSpan(0, 1), out var streams, out var sender);
        streams?.Dispose();
        return count == 1 && sender.ToString(CultureInfo.InvariantCulture) == Number && !HasEnded;
    }

    /// <inheritdoc/>
    public void Dispose() => _pidfd.Dispose();

    // Whoever has the number now.
    private static SafeFileHandle? Held(Socket connection)
    {
        Span<byte> credentials = stackalloc byte[12];
        if (connection.GetRawSocketOption(SolSocket, PeerCredentials, credentials) != credentials.Length)
        {
            return null;
        }

        var descriptor = (int)syscall(PidfdOpen, BinaryPrimitives.ReadInt32LittleEndian(credentials), 0);
        return descriptor < 0 ? null : new SafeFileHandle(descriptor, ownsHandle: true);
    }

    // The variadic call of the C library; integers go the same way as in others on x86_64 and aarch64 of Linux.
    [LibraryImport("libc")]
    private static partial nint syscall(nint number, nint first, nint second);
}
