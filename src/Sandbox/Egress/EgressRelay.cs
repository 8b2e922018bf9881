using System.Net;
using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;

namespace Sandbox.Egress;

/// <summary>The ports in a job's network that its host serves, as they were made there; null where the kernel has no IPv6.</summary>
internal sealed record EgressPorts
{
    public required SafeFileHandle Streams { get; init; }

    public required SafeFileHandle Datagrams { get; init; }

    public SafeFileHandle? Streams6 { get; init; }

    public SafeFileHandle? Datagrams6 { get; init; }
}

// The kernel leads every connection of the job that is not to its own loopback to one port of that (Resources/Networks/EgressRules.cs). What the job wanted is asked of the
// kernel (SO_ORIGINAL_DST), which the job can change nothing about.

/// <summary>The way out of one job: takes its connections, looks them up in its list, and relays what is allowed.</summary>
internal sealed class EgressRelay : IDisposable
{
    /// <summary>Connections that wait in the kernel for one to end, once there are as many as the job may have.</summary>
    public const int Backlog = 128;

    private const int NameServerPort = 53;

    // As the kernel has it where it leads connections here (EgressRules).
    private const int Burst = 1000;
    private const int PerSecond = 200;

    // Of one who connects and says nothing at all.
    private static readonly TimeSpan s_silence = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan s_shortage = TimeSpan.FromMilliseconds(100);

    // Sockets that are closed end their reads at once; a name that is being resolved may take the resolver's time, and is left to it.
    private static readonly TimeSpan s_ending = TimeSpan.FromSeconds(1);

    private readonly EgressList _list;
    private readonly TimeProvider _clock;
    private readonly NameTable _names = new();
    private readonly OpenSockets _sockets = new();
    private readonly ConnectionLog _log = new();
    private readonly EgressTraffic _traffic;
    private readonly HostDialer _dialer;
    private readonly EgressGate _gate;
    private readonly PassageRelay _relay;
    private readonly TokenBucket _pace;
    private EgressProxy? _proxy;
    private readonly SemaphoreSlim _open;
    private readonly CancellationTokenSource _end = new();
    private readonly Lock _lock = new();
    private readonly List<Socket> _ports = [];
    private readonly CountdownEvent _serving = new(1);
    private Task _served = Task.CompletedTask;
    private Action? _failed;
    private volatile bool _isOver;

    /// <summary>The way out of a job that is to run.</summary>
    /// <param name="list">What it may reach.</param>
    /// <param name="limits">How much of that.</param>
    /// <param name="resolve">Finds the addresses of names.</param>
    /// <param name="redial">Where to connect to instead of an address that was looked at; null for that one.</param>
    /// <param name="clock">The time.</param>
    public EgressRelay(EgressList list, ResourceLimits limits, NameResolver resolve, Func<IPEndPoint, IPEndPoint>? redial, TimeProvider clock)
    {
        _list = list;
        _clock = clock;
        _traffic = new(limits, clock);
        _dialer = new(list, resolve, redial, clock);
        _gate = new(list, _names, _dialer, _traffic);
        _relay = new(_sockets, _traffic, _log);
        _pace = new(Burst, PerSecond, clock);
        _open = new(limits.Connections ?? int.MaxValue);
    }

    /// <summary>The addresses of names that are found before the list is asked: those of other jobs.</summary>
    public Func<string, IPAddress?> Neighbours { get; init; } = static _ => null;

    /// <summary>Is called once, when nothing is served any more.</summary>
    public Action? Stopped { get; init; }

    /// <summary>It ended by itself, with this: the job goes nowhere any more.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>What went over its connections.</summary>
    public EgressTraffic Traffic => _traffic;

    /// <summary>What the job reached and was refused.</summary>
    public (IReadOnlyList<JobConnection> Rows, long LeftOut) Connections => _log.Read();

    /// <summary>Begins to serve the ports, which are its own from now on.</summary>
    /// <param name="ports">The ports.</param>
    /// <param name="way">How connections come to them.</param>
    /// <param name="failed">Is called if it ends by itself.</param>
    public void Start(EgressPorts ports, EgressWay way, Action failed)
    {
        _failed = failed;
        _proxy = way == EgressWay.Proxy ? new(_gate) { Neighbours = Neighbours } : null;
        var dns = new DnsAnswerer(_list, _names, _dialer, _log, ports.Streams6 is not null, Fail, _clock) { Neighbours = Neighbours };
        List<Task> served = [];
        foreach (var port in (SafeFileHandle?[])[ports.Streams, ports.Streams6])
        {
            if (Own(port) is { } socket)
            {
                served.Add(Task.Run(() => AcceptAsync(socket, dns)));
            }
        }

        foreach (var port in (SafeFileHandle?[])[ports.Datagrams, ports.Datagrams6])
        {
            if (Own(port) is { } socket)
            {
                served.Add(Task.Run(() => dns.ServeAsync(socket, _end.Token)));
            }
        }

        _served = Task.WhenAll(served.Select(WatchAsync));
    }

    /// <summary>Ends every connection, and waits until what they moved is counted. Once; nothing is served any more.</summary>
    public void Stop()
    {
        lock (_lock)
        {
            if (_isOver)
            {
                return;
            }

            _isOver = true;
        }

        _end.Cancel();
        foreach (var port in _ports)
        {
            port.Dispose();
        }

        _sockets.End();
        _served.Wait();
        _ = _serving.Signal();
        _ = _serving.Wait(s_ending);
        Stopped?.Invoke();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Stop();
        _end.Dispose();
    }

    private Socket? Own(SafeFileHandle? port)
    {
        if (port is null)
        {
            return null;
        }

        // A Socket closes with shutdown(2) and more what it made itself; of one that was given it closes the number.
        var number = port.DangerousGetHandle();
        port.SetHandleAsInvalid();
        var socket = new Socket(new SafeSocketHandle(number, ownsHandle: true));
        _ports.Add(socket);
        return socket;
    }

    private async Task WatchAsync(Task served)
    {
        try
        {
            await served.ConfigureAwait(false);
        }
        catch (Exception failure) when (_isOver && failure is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // the job is over
        }
        catch (Exception failure)
        {
            Fail(failure);
        }
    }

    // Whatever it is, the job must not go on as if it had a network.
    private void Fail(Exception failure)
    {
        Failure ??= failure;
        _failed!();
    }

    private async Task AcceptAsync(Socket port, DnsAnswerer dns)
    {
        while (true)
        {
            Socket accepted;
            try
            {
                accepted = await port.AcceptAsync(_end.Token).ConfigureAwait(false);
            }
            catch (SocketException failure) when (!_isOver && failure.SocketErrorCode is SocketError.TooManyOpenSockets or SocketError.NoBufferSpaceAvailable or SocketError.ConnectionAborted)
            {
                // This process has no descriptor left for now, or who wanted in is gone. The job waits; nothing of anybody else is taken.
                await Task.Delay(s_shortage, _clock, _end.Token).ConfigureAwait(false);
                continue;
            }

            // Kept from now on: one that waits for its turn ends with the job, too.
            if (!_sockets.Keep(accepted))
            {
                continue;
            }

            await _open.WaitAsync(_end.Token).ConfigureAwait(false);
            await PaceAsync().ConfigureAwait(false);
            _serving.AddCount();
            _ = ServeAsync(accepted, dns);
        }
    }

    private async Task ServeAsync(Socket accepted, DnsAnswerer dns)
    {
        try
        {
            await ConnectAsync(accepted, dns).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            RelayedConnection.Reset(accepted);
        }
        catch (Exception failure)
        {
            RelayedConnection.Reset(accepted);
            Fail(failure);
        }
        finally
        {
            _sockets.LetGo(accepted);
            _ = _open.Release();
            _ = _serving.Signal();
        }
    }

    private Task PaceAsync()
    {
        var wait = TimeSpan.Zero;
        if (_proxy is not null)
        {
            lock (_pace)
            {
                wait = _pace.Take();
            }
        }

        return wait > TimeSpan.Zero ? Task.Delay(wait, _clock, _end.Token) : Task.CompletedTask;
    }

    private async Task ConnectAsync(Socket accepted, DnsAnswerer dns)
    {
        // One that came to the port itself was led by nobody: it wants a name server.
        if (OriginalDestination.Of(accepted) is { } wanted && !IPAddress.IsLoopback(wanted.Address) && wanted.Port != NameServerPort)
        {
            var passage = await _gate.OpenAsync(AddressClasses.Unmapped(wanted.Address), wanted.Port, _end.Token).ConfigureAwait(false);
            if (!await _relay.RunAsync(accepted, passage, default, _end.Token).ConfigureAwait(false))
            {
                RelayedConnection.Reset(accepted);
            }
        }
        else if (_proxy is { } proxy && await PeekAsync(accepted).ConfigureAwait(false) is { } first && EgressProxy.IsMeant(first))
        {
            // Who is refused has an answer, which a reset could take away.
            if (await proxy.ServeAsync(accepted, first, _end.Token).ConfigureAwait(false) is var (passage, said))
            {
                _ = await _relay.RunAsync(accepted, passage, said, _end.Token).ConfigureAwait(false);
            }
        }
        else
        {
            await dns.ServeConnectionAsync(accepted, _end.Token).ConfigureAwait(false);
        }
    }

    private async Task<byte?> PeekAsync(Socket accepted)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(_end.Token);
        patience.CancelAfter(s_silence);
        var first = new byte[1];
        return await accepted.ReceiveAsync(first.AsMemory(), SocketFlags.Peek, patience.Token).ConfigureAwait(false) == 0 ? null : first[0];
    }
}
