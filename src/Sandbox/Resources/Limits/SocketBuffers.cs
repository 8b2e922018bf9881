using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;

namespace Sandbox.Resources.Limits;

// Data that waits in a socket is in no process and no file. The kernel lists every socket of a network namespace with
// its memory, in as many messages as it takes: a look reads some of them and the next look goes on. How many sockets
// there are costs two microseconds to read, and counts those that are closed and not listed but whose data still waits.

/// <summary>Measures what the sockets of a job's own network namespace hold.</summary>
internal sealed class SocketBuffers : IDisposable
{
    // Each message lists some 350 sockets.
    private const int MessagesPerLook = 8;
    private const int MaxMessages = 4096;
    private const int MaxMessage = 32 << 10;

    // The one we ask with.
    private const int OwnSockets = 1;

    // A program may well leave a few messages behind: only the rest is taken at its worst.
    private const int SendersExcused = 16;
    private const long BytesExcused = 16 << 20;

    // Sockets that were empty are asked less often, as memfds are.
    private static readonly TimeSpan s_emptyLook = TimeSpan.FromMilliseconds(30);

    private readonly IReadOnlyList<SocketQuery> _queries;
    private readonly SafeFileHandle? _diag;
    private readonly SafeFileHandle _procFs;
    private readonly byte[] _small = new byte[512];
    private readonly long _sendBuffer;
    private byte[] _buffer = [];
    private SafeFileHandle? _counts;
    private SocketTally _tally;
    private int _query = -1;
    private int _used;
    private bool _isOldList;
    private TimeSpan _lastLook = -s_emptyLook;

    /// <summary>Asks <paramref name="queries"/> through <paramref name="handles"/>; the largest send buffer is <paramref name="sendBuffer"/>, else the host's.</summary>
    public SocketBuffers(TreeHandles handles, IReadOnlyList<SocketQuery> queries, long? sendBuffer = null)
    {
        _queries = queries;
        _diag = handles.Sockets;
        _procFs = handles.ProcFs;
        IsAvailable = _diag is not null;
        _sendBuffer = sendBuffer ?? (IsAvailable ? LargestSendBuffer(_small) : 0);
    }

    /// <summary>The kernel answers.</summary>
    public bool IsAvailable { get; private set; }

    /// <summary>Bytes in sockets as of the last complete list, or of one under way that is above it.</summary>
    public long Bytes { get; private set; }

    /// <summary>Looks, unless nothing can have changed enough.</summary>
    public void Refresh(TimeSpan now)
    {
        if (!IsAvailable || now == _lastLook)
        {
            return;
        }

        if (_query < 0)
        {
            _used = CountSockets();
            if (_used <= OwnSockets)
            {
                Bytes = 0;
                return;
            }

            if (Bytes == 0 && now - _lastLook < s_emptyLook)
            {
                return;
            }
        }

        _lastLook = now;
        Read(MessagesPerLook);
    }

    /// <summary>Makes a whole new list at once.</summary>
    public void RefreshFully(TimeSpan now)
    {
        if (!IsAvailable || Bytes == 0)
        {
            return;
        }

        _lastLook = now;
        if (_query >= 0)
        {
            Read(MaxMessages);
        }

        if (_query >= 0)
        {
            return;
        }

        _used = CountSockets();
        Read(MaxMessages);
    }

    public void Dispose() => _counts?.Dispose();

    /// <summary>What a complete list adds up to, given how many sockets there are, ours included.</summary>
    public static long Total(in SocketTally tally, int used, long sendBuffer)
    {
        long closed = Math.Max(used - OwnSockets - tally.Listed - tally.Waiting, 0);
        var silent = Math.Min(Math.Max(closed - tally.LeftStreams, 0), tally.Suspects);
        var streams = closed == 0 ? 0 : tally.LeftAtMost - BytesExcused;
        return tally.Bytes + Math.Max(tally.Left, streams) + (Math.Max(silent - SendersExcused, 0) * sendBuffer);
    }

    private void Read(int messages)
    {
        if (_buffer.Length == 0)
        {
            _buffer = new byte[MaxMessage];
        }

        if (_query < 0 && !Ask(0))
        {
            return;
        }

        while (_query >= 0 && messages-- > 0)
        {
            var length = Libc.ReceiveMessage(_diag!, _buffer);
            var error = length;
            if (length >= 0 && !_tally.Add(_buffer.AsSpan(0, Math.Min(length, _buffer.Length)), _sendBuffer, out error))
            {
                continue;
            }

            // A local list that ended in an error is no list; of the other families what came counts.
            if (_query == 0 && (error < 0 || _isOldList))
            {
                Abandon(error);
            }
            else
            {
                AskNext();
            }
        }

        if (_query >= 0)
        {
            Bytes = Math.Max(Bytes, _tally.Bytes);
        }
    }

    // Only a socket that the local ones do not explain is worth walking the tables of the others, which all jobs share.
    private void AskNext()
    {
        while (_used - OwnSockets > _tally.Listed + _tally.Waiting && _query + 1 < _queries.Count)
        {
            if (Ask(_query + 1))
            {
                return;
            }
        }

        // Those closed meanwhile are not missing.
        _query = -1;
        Bytes = Total(_tally, Math.Min(_used, CountSockets()), _sendBuffer);
    }

    private bool Ask(int query)
    {
        if (query == 0)
        {
            _tally = default;
        }

        _query = query;
        var length = _queries[query].Write(_small);
        var error = Libc.SendMessage(_diag!, _small.AsSpan(0, length));
        // A list that broke off for want of memory goes on before another begins.
        _isOldList = error == -Errno.EBUSY;
        if (error < 0 && query == 0 && !_isOldList)
        {
            Abandon(error);
        }

        return error >= 0 || (query == 0 && _isOldList);
    }

    // ENOENT: the kernel has no unix_diag (CONFIG_UNIX_DIAG). A shortage of memory passes.
    private void Abandon(int error)
    {
        const int noEntry = 2, refused = 111;
        _query = -1;
        if (-error is noEntry or refused or Errno.EINVAL)
        {
            IsAvailable = false;
        }

        if (!IsAvailable)
        {
            Bytes = 0;
        }
    }

    // "sockets: used N" counts all of the namespace (proc_pid_net(5), sockstat); a procfs without it hides nothing else.
    private int CountSockets()
    {
        const int init = 1;
        if (_counts is null && ProcPath.Open(_procFs, init, null, "net/sockstat"u8, OpenFlags.ReadOnly, out _counts) < 0)
        {
            _counts.SetHandleAsInvalid();
        }

        ReadOnlySpan<byte> text = _counts.IsInvalid ? [] : _small.AsSpan(0, Math.Max(Libc.ReadAt(_counts, _small, 0), 0));
        return AsciiNumbers.SkipColumns(ref text, 2) && AsciiNumbers.TakeNumber(ref text, out var used) ? (int)Math.Min(used, int.MaxValue) : OwnSockets + 1;
    }

    private static long LargestSendBuffer(Span<byte> buffer)
    {
        // SO_SNDBUF doubles what it is given, up to wmem_max (socket(7)).
        const long usual = 4 << 20;
        if (Libc.OpenForReading("/proc/sys/net/core/wmem_max\0"u8, out var file) < 0)
        {
            return 2 * usual;
        }

        using (file)
        {
            ReadOnlySpan<byte> text = buffer[..Math.Max(Libc.ReadAt(file, buffer, 0), 0)];
            return 2 * (AsciiNumbers.TakeNumber(ref text, out var most) ? most : usual);
        }
    }
}
