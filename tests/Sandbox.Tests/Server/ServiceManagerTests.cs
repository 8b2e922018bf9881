using System.Globalization;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.Extensions.Logging;
using Sandbox.Server.Access;
using Sandbox.Server.Logging;
using Sandbox.Server.Systemd;
using Xunit;

namespace Sandbox.Tests.Server;

public sealed class ServiceManagerTests : IDisposable
{
    private static readonly string s_process = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("2", true, 2)]
    [InlineData("0", true, 0)]
    [InlineData("2", false, 0)]
    [InlineData("65", true, 0)]
    [InlineData("-1", true, 0)]
    [InlineData("two", true, 0)]
    [InlineData(null, true, 0)]
    public void Sockets_are_taken_if_they_were_passed_to_this_process(string? count, bool isOurs, int taken) =>
        Assert.Equal(taken, PassedSockets.CountOf(name => name switch { "LISTEN_FDS" => count, "LISTEN_PID" => isOurs ? s_process : "1", _ => null }));

    [Fact]
    public void It_is_told_that_the_server_is_ready_lives_and_ends()
    {
        var clock = new HandSetClock();
        using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { ReceiveTimeout = 20_000 };
        socket.Bind(new UnixDomainSocketEndPoint(_directory.Path + "/notify"));
        using var told = NotifySocket.Open(name => name switch { "NOTIFY_SOCKET" => _directory.Path + "/notify", "WATCHDOG_USEC" => "10000000", "WATCHDOG_PID" => s_process, _ => null });
        var isAlive = true;

        told.Ready(() => isAlive, clock);
        Assert.Equal($"READY=1\nMAINPID={s_process}", Receive(socket));
        clock.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal("WATCHDOG=1", Receive(socket));
        isAlive = false;
        clock.Advance(TimeSpan.FromSeconds(6));
        told.Stopping(TimeSpan.FromSeconds(90));

        Assert.Equal("STOPPING=1\nEXTEND_TIMEOUT_USEC=90000000", Receive(socket));
    }

    [Theory]
    [InlineData("/nothing/there", "1000")]
    [InlineData("relative", "1000")]
    [InlineData("", null)]
    [InlineData(null, null)]
    public void Where_nobody_listens_nothing_is_told(string? address, string? watchdog)
    {
        using var told = NotifySocket.Open(name => name switch { "NOTIFY_SOCKET" => address, "WATCHDOG_USEC" => watchdog, _ => null });

        told.Ready(static () => true, TimeProvider.System);
        told.Stopping(TimeSpan.Zero);

        Assert.Null(told.Watchdog);
    }

    [Fact]
    public void The_watchdog_of_another_process_is_not_ours()
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(_directory.Path + "/notify"));

        using var told = NotifySocket.Open(name => name switch { "NOTIFY_SOCKET" => _directory.Path + "/notify", "WATCHDOG_USEC" => "10000000", "WATCHDOG_PID" => "1", _ => null });

        Assert.Null(told.Watchdog);
    }

    [Theory]
    [InlineData("CN=alice", "cn:alice")]
    [InlineData("O=judge, CN=alice-1.b_c", "cn:alice-1.b_c")]
    [InlineData("CN=\"@owner\"", "sha256:")]
    [InlineData("CN=\"alice bob\"", "sha256:")]
    [InlineData("CN=\"cn:alice\"", "sha256:")]
    [InlineData("CN=\u0430lice", "sha256:")]
    [InlineData("CN=alice, CN=bob", "sha256:")]
    [InlineData("CN=alice+OU=x", "sha256:")]
    [InlineData("O=judge", "sha256:")]
    public void A_certificates_tenant_is_a_plain_common_name_or_the_fingerprint(string subject, string tenant)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest(subject, key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UtcNow, DateTimeOffset.UtcNow.AddDays(1));

        Assert.Equal(tenant == "sha256:" ? tenant + certificate.GetCertHashString(HashAlgorithmName.SHA256) : tenant, TlsFiles.TenantOf(certificate));
    }

    [Fact]
    public void Messages_of_the_framework_are_lines_and_warnings_are_not_written_without_end()
    {
        var written = new StringWriter();
        using var provider = new LineLoggerProvider(new(written, hasPriorities: true, new HandSetClock()), LogLevel.Information);
        var logger = provider.CreateLogger("Kestrel");

        logger.Log(LogLevel.Debug, default, "nothing", null, static (state, _) => state);
        logger.Log(LogLevel.Information, default, "a\nb", null, static (state, _) => state);
        logger.Log(LogLevel.Error, default, "c", new IOException("d\ne"), static (state, _) => state);
        for (var number = 0; number < 100; number++)
        {
            logger.Log(LogLevel.Warning, default, "flood", null, static (state, _) => state);
        }

        var lines = written.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(["<6>Kestrel: a\\u000ab", "<3>Kestrel: c (IOException: d\\u000ae)", "<4>Kestrel: flood"], lines[..3]);
        Assert.Equal(11, lines.Length);
    }

    private static string Receive(Socket socket)
    {
        var buffer = new byte[1000];
        return Encoding.ASCII.GetString(buffer, 0, socket.Receive(buffer));
    }
}
