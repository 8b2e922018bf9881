using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using Sandbox.Server.Handover;
using Xunit;

namespace Sandbox.Tests.Server;

public sealed class CallerProcessTests : IDisposable
{
    // Connects, and when it is answered it or another process sends; it ends when its stdin does.
    private const string Caller = """
        import os, socket, sys
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(sys.argv[1])
        if sys.argv[2] == "orphan":
            if os.fork() == 0:
                sys.stdin.read()
            os._exit(0)
        connection.recv(1)
        if sys.argv[2] == "itself":
            connection.send(b"G")
        elif os.fork() == 0:
            connection.send(b"G")
            os._exit(0)
        sys.stdin.read()
        """;

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(true, "itself", true)]
    [InlineData(false, "itself", true)]
    [InlineData(false, "child", false)]
    public async Task Who_sends_is_the_process_that_connected(bool isToldByKernel, string sender, bool isBelieved)
    {
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(_directory.Path + "/s"));
        listener.Listen();
        using var process = Start(sender);
        using var connection = await listener.AcceptAsync(TestContext.Current.CancellationToken);
        using var caller = CallerProcess.Of(connection, isToldByKernel);

        Assert.Equal(process.Id.ToString(CultureInfo.InvariantCulture), caller!.Number);
        Assert.False(caller.HasEnded);
        connection.ReceiveTimeout = 20_000;
        caller.AskWhoSends();
        connection.Send([1]);
        Assert.Equal(isBelieved, caller.HasSent(new byte[1]));

        process.StandardInput.Close();
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(caller.HasEnded);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Nobody_is_taken_for_a_process_that_has_ended(bool isToldByKernel)
    {
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(_directory.Path + "/s"));
        listener.Listen();
        using var process = Start("orphan");
        using var connection = await listener.AcceptAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.Null(CallerProcess.Of(connection, isToldByKernel));
        process.StandardInput.Close();
    }

    private Process Start(string sender) =>
        Process.Start(new ProcessStartInfo("python3", ["-c", Caller, _directory.Path + "/s", sender]) { RedirectStandardInput = true })!;
}
