using Microsoft.Win32.SafeHandles;
using Sandbox.Cli.Interop;
using Sandbox.Cli.Terminal;

namespace Sandbox.Cli.Served;

/// <summary>What is said to a job that a server runs, from any thread: it goes into a pipe, from which native code takes it to the server (native/early-start).</summary>
internal sealed unsafe class ServedMessages : ISignalTarget, IDisposable
{
    private readonly Lock _lock = new();
    private readonly SafeFileHandle _reader;
    private readonly SafeFileHandle _writer;
    private readonly List<int> _signals = [];
    private readonly int* _hasStarted = (int*)System.Runtime.InteropServices.NativeMemory.AllocZeroed(sizeof(int));
    private bool _isOver;

    /// <summary>Makes the pipe.</summary>
    /// <exception cref="SandboxException">There are no descriptors left.</exception>
    public ServedMessages()
    {
        if (Descriptors.Pipe(out _reader, out _writer) is var error and < 0)
        {
            throw new SandboxException("no pipe to the server") { Phase = JobPhase.Prepare, Step = "open stream", Errno = ErrnoNames.Of(-error) };
        }
    }

    /// <summary>The end that is read.</summary>
    public int Descriptor => (int)_reader.DangerousGetHandle();

    /// <summary>Where native code notes that the job was started.</summary>
    public int* Started => _hasStarted;

    /// <inheritdoc/>
    public bool HasStarted
    {
        get
        {
            lock (_lock)
            {
                return !_isOver && Volatile.Read(ref *_hasStarted) != 0;
            }
        }
    }

    /// <summary>Every signal that was sent, for a job that this process runs after all.</summary>
    public IReadOnlyList<int> Signals
    {
        get
        {
            lock (_lock)
            {
                return [.. _signals];
            }
        }
    }

    /// <inheritdoc/>
    public bool Signal(int number)
    {
        lock (_lock)
        {
            _signals.Add(number);
        }

        return Say([(byte)'S', (byte)number]);
    }

    /// <summary>Ends the job; its result still comes.</summary>
    public void Cancel() => _ = Say([(byte)'C']);

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_isOver)
            {
                return;
            }

            _isOver = true;
            _reader.Dispose();
            _writer.Dispose();
            System.Runtime.InteropServices.NativeMemory.Free(_hasStarted);
        }
    }

    // A pipe takes a few bytes whole, or none (pipe(7), PIPE_BUF); thirty thousand signals that nobody took are enough.
    private bool Say(ReadOnlySpan<byte> words)
    {
        lock (_lock)
        {
            return !_isOver && Descriptors.Write(_writer, words) == words.Length;
        }
    }
}
