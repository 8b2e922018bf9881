using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Sandbox.Execution.Judging;
using Sandbox.Interop;

namespace Sandbox.Execution;

/// <summary>The channel of one job (native/README.md, "The descriptors"): one byte down for each word, records up. From any thread but for reading.</summary>
internal sealed class JobChannel(SafeFileHandle socket) : IDisposable
{
    // Of the socket's 200 KiB: what is unread of signals must leave room for the command that kills.
    private const int MaxUnreadBytes = 48 << 10;

    private ulong _forwarded;
    private ulong _unsent;

    /// <summary>Readable when there is a record, or the launcher is lost.</summary>
    public PollEntry Wait => new() { Descriptor = socket.DangerousGetHandle().ToInt32(), Wanted = PollEntry.Readable };

    /// <summary>The signals that were passed on.</summary>
    public SignalSet Forwarded => new(Volatile.Read(ref _forwarded));

    /// <summary>The job is to be ended at once.</summary>
    public void Kill() => Say((byte)'k');

    /// <summary>Pid 1, which may have stayed for its mounts, may go.</summary>
    public void LetGo() => Say((byte)'r');

    /// <summary>The host has done its part: the answer to a barrier.</summary>
    /// <param name="isWhole">All of it. Otherwise the step of the barrier counts as one that was skipped.</param>
    public void Continue(bool isWhole) => Say(isWhole ? (byte)'c' : (byte)'w');

    /// <summary>Pid 1 of a job that runs is to make sockets in its network (native/launcher/plan.h, SOCKETS_AT_ONCE).</summary>
    public void AskForSockets(AddressFamily family) => Say(family == AddressFamily.InterNetworkV6 ? (byte)'6' : (byte)'4');

    /// <summary>Passes a signal on to the job's first process, once it has executed its program.</summary>
    /// <remarks>As in the kernel, a signal that is still on its way does not come twice.</remarks>
    public void Signal(int number)
    {
        _ = Interlocked.Or(ref _forwarded, SignalSet.Of(number).Bits);
        _ = Interlocked.Or(ref _unsent, SignalSet.Of(number).Bits);
        PassOnSignals();
    }

    /// <summary>Says what could not be said before: the launcher reads at once, unless somebody has stopped it.</summary>
    public void PassOnSignals()
    {
        const byte word = 0x80; // COMMAND_SIGNAL
        if (Volatile.Read(ref _unsent) == 0)
        {
            return;
        }

        foreach (var signal in new SignalSet(Interlocked.Exchange(ref _unsent, 0)))
        {
            if (Libc.Unread(socket) > MaxUnreadBytes)
            {
                _ = Interlocked.Or(ref _unsent, SignalSet.Of(signal).Bits);
            }
            else
            {
                Say((byte)(word | signal));
            }
        }
    }

    /// <summary>Lets a process in; 0 or the negated errno.</summary>
    /// <param name="number">Its own, 1 to 255.</param>
    /// <param name="descriptors">Those of a job message (plan.h), of which the second is not used.</param>
    public int Enter(byte number, ReadOnlySpan<int> descriptors) => Libc.SendWords(socket, [(byte)'e', number], descriptors);

    /// <summary>Passes a signal on to one that was let in.</summary>
    public void SignalEntered(byte number, int signal) => _ = Libc.SendWords(socket, [(byte)'s', number, (byte)signal], []);

    /// <summary>Takes one record and its descriptors without waiting; its size, 0 at the end, or the negated errno.</summary>
    public int Read(out ReportRecord record, Span<int> descriptors, out int count)
    {
        record = default;
        return Libc.ReceiveRecord(socket, MemoryMarshal.AsBytes(new Span<ReportRecord>(ref record)), descriptors, out count);
    }

    /// <inheritdoc/>
    public void Dispose() => socket.Dispose();

    private void Say(byte word) => _ = Libc.SendByte(socket, word);
}
