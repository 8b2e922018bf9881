using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;

namespace Sandbox.KernelTests;

/// <summary>A user at a terminal: a pair of the host's, with one command in a session of its own on the other end.</summary>
internal sealed partial class CallerTerminal : IDisposable
{
    private const int Unlock = 0x40045431;      // TIOCSPTLCK
    private const uint GetNumber = 0x80045430;  // TIOCGPTN

    private readonly SafeFileHandle _master;
    private readonly StringBuilder _shown = new();
    private readonly Thread _reader;
    private volatile bool _isLeft;

    private CallerTerminal(SafeFileHandle master, Process process)
    {
        (_master, Process) = (master, process);
        _reader = new Thread(Read) { IsBackground = true };
        _reader.Start();
    }

    public Process Process { get; }

    /// <summary>What the terminal shows by now.</summary>
    public string Shown
    {
        get
        {
            lock (_shown)
            {
                return _shown.ToString();
            }
        }
    }

    /// <summary>How the terminal treats keys and output.</summary>
    public TerminalModes Modes
    {
        get
        {
            if (Libc.ModesOf(_master, out var modes) is var error and < 0)
            {
                throw new InvalidOperationException($"the terminal has no modes: {Errno.Name(-error)}");
            }

            return modes;
        }
    }

    /// <summary>It takes lines and echoes them, as a shell expects.</summary>
    public bool IsCooked => (Modes.Local & 0xb) == 0xb && (Modes.Output & 1) == 1;

    /// <summary>Starts a command with the terminal as its controlling one, of 24 rows and 80 columns.</summary>
    public static CallerTerminal Start(params string[] command)
    {
        if (Libc.OpenReadWrite("/dev/ptmx\0"u8, out var master) is var error and < 0)
        {
            throw new InvalidOperationException($"no terminal: {Errno.Name(-error)}");
        }

        var number = 0;
        if (ioctl(master, Unlock, ref number) < 0 || ioctl(master, GetNumber, ref number) < 0 || Libc.Resize(master, TerminalSize.Usual) < 0)
        {
            throw new InvalidOperationException("no terminal");
        }

        var start = new ProcessStartInfo("/bin/sh", ["-c", $"exec setsid -c -w \"$0\" \"$@\" <>/dev/pts/{number} >&0 2>&1", .. command]);
        return new(master, Process.Start(start)!);
    }

    public void Type(string keys) => Libc.WriteAll(_master, Encoding.UTF8.GetBytes(keys));

    public void Resize(int rows, int columns) => Libc.Resize(_master, new TerminalSize((ushort)rows, (ushort)columns));

    /// <summary>The user closes the window.</summary>
    public void Close()
    {
        _master.Dispose();
        _reader.Join();
    }

    /// <summary>Waits until the terminal shows the text.</summary>
    public Task ShowsAsync(string text) => UntilAsync(() => Shown.Contains(text, StringComparison.Ordinal), $"the text \"{text}\"");

    /// <summary>Waits for something to become true; throws, with what the terminal shows, if it does not.</summary>
    public async Task UntilAsync(Func<bool> condition, string what)
    {
        var clock = Stopwatch.StartNew();
        while (!condition())
        {
            if (clock.Elapsed > TimeSpan.FromSeconds(10) * Requirements.Slowness)
            {
                throw new InvalidOperationException($"{what} did not come; the terminal shows: {Shown}");
            }

            await Task.Delay(5);
        }
    }

    /// <summary>Waits for the command's end, and for all that it wrote; its exit status.</summary>
    public async Task<int> EndAsync(CancellationToken cancellation)
    {
        await Process.WaitForExitAsync(cancellation);
        if (!_master.IsClosed)
        {
            await UntilAsync(() => _isLeft, "the end of what it wrote");
        }

        return Process.ExitCode;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!Process.HasExited)
        {
            Process.Kill(entireProcessTree: true);
        }

        _master.Dispose();
        Process.Dispose();
    }

    // Woken now and then, because closing a descriptor does not wake who reads it.
    private void Read()
    {
        var buffer = new byte[4096];
        Span<PollEntry> entries = stackalloc PollEntry[1];
        while (!_master.IsClosed)
        {
            try
            {
                entries[0] = new() { Descriptor = _master.DangerousGetHandle().ToInt32(), Wanted = PollEntry.Readable };
                if (Libc.Poll(entries, TimeSpan.FromMilliseconds(20)) <= 0)
                {
                    continue;
                }

                var count = Libc.Read(_master, buffer);
                if (count > 0)
                {
                    Show(buffer.AsSpan(0, count));
                }

                _isLeft = count < 0; // EIO: nobody has the other end, at the moment

                // A hang-up lasts until the other end is opened again, and poll(2) returns at once until then: no event tells of the opening.
                if (_isLeft)
                {
                    Thread.Sleep(5);
                }
            }
            catch (ObjectDisposedException)
            {
                return;
            }
        }
    }

    private void Show(ReadOnlySpan<byte> bytes)
    {
        lock (_shown)
        {
            _shown.Append(Encoding.UTF8.GetString(bytes));
        }
    }

    [LibraryImport("libc")]
    private static partial int ioctl(SafeFileHandle file, nuint request, ref int value);
}
