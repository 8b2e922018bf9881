using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Xunit;

namespace Sandbox.KernelTests;

/// <summary>The job host by TLS: whose certificate lets in, and as whom.</summary>
[Trait("as", "any")]
public sealed class TlsPortTests : KernelTest
{
    private const string Long = """{ "command": ["sleep", "60"] }""";
    private const string Token = "0123456789abcdef0123456789abcdef";
    private const string ForServers = "1.3.6.1.5.5.7.3.1";
    private const string ForClients = "1.3.6.1.5.5.7.3.2";

    private readonly X509Certificate2 _authority = Authority("CN=authority");

    [KernelFact]
    public async Task A_token_goes_over_TLS_and_nothing_goes_without()
    {
        await using var host = await StartAsync("--token-file", Write("alice", Token));
        var port = host.Ports.Single();
        using var stranger = Client(port, null);
        using var alice = Client(port, null);
        alice.DefaultRequestHeaders.Authorization = new("Bearer", Token);
        using var plain = new HttpClient();

        Assert.Equal(HttpStatusCode.Unauthorized, (await stranger.GetAsync("/v1/host", Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await alice.GetAsync("/v1/host", Cancellation)).StatusCode);
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => plain.GetAsync($"http://127.0.0.1:{port}/healthz", Cancellation));
    }

    [KernelFact]
    public async Task A_certificate_is_its_holders_name_and_no_more()
    {
        await using var host = await StartAsync("--tls-client-ca", Write("ca", _authority.ExportCertificatePem()));
        var port = host.Ports.Single();
        using var alice = Client(port, Issue("CN=alice", ForClients));
        using var bob = Client(port, Issue("CN=bob", ForClients));
        using var owner = Client(port, Issue("CN=\"@owner\"", ForClients));
        using var owners = await host.PostAsync(Long, Cancellation, "?wait=0");
        using var job = await alice.PostAsync("/v1/jobs?wait=0", new StringContent(Long), Cancellation);

        Assert.Equal(HttpStatusCode.Accepted, (await alice.GetAsync(job.Headers.Location, Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await bob.GetAsync(job.Headers.Location, Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await owner.GetAsync(owners.Headers.Location, Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await owner.PostAsync("/v1/jobs?wait=0&priority=1", new StringContent(Long), Cancellation)).StatusCode);
        using var page = new HttpRequestMessage(HttpMethod.Post, "/v1/jobs") { Content = new StringContent(Long), Headers = { { "Origin", "https://evil.example" } } };
        Assert.Equal(HttpStatusCode.Forbidden, (await alice.SendAsync(page, Cancellation)).StatusCode);
    }

    [KernelFact]
    public async Task Who_has_no_good_certificate_is_not_let_in()
    {
        await using var host = await StartAsync("--tls-client-ca", Write("ca", _authority.ExportCertificatePem()));
        var port = host.Ports.Single();
        var now = DateTimeOffset.UtcNow;
        var wrong = new Dictionary<string, X509Certificate2?>
        {
            ["none"] = null,
            ["of itself"] = Authority("CN=alice"),
            ["of another authority of the same name"] = Issue("CN=alice", ForClients, by: Authority("CN=authority")),
            ["for servers"] = Issue("CN=alice", ForServers),
            ["over"] = Issue("CN=alice", ForClients, now.AddDays(-2), now.AddDays(-1)),
            ["of a holder who is no authority"] = Issue("CN=alice", ForClients, by: Issue("CN=bob", ForClients)),
        };

        foreach (var (what, certificate) in wrong)
        {
            using var client = Client(port, certificate);
            var refused = await Record.ExceptionAsync(() => client.GetAsync("/healthz", Cancellation));

            Assert.True(refused is HttpRequestException, $"{what}: {refused}");
        }

        using var alice = Client(port, Issue("CN=alice", ForClients));
        Assert.Equal(HttpStatusCode.OK, (await alice.GetAsync("/v1/host", Cancellation)).StatusCode);
    }

    [KernelFact]
    public async Task With_both_a_token_will_do_and_a_bad_certificate_will_not()
    {
        await using var host = await StartAsync("--tls-client-ca", Write("ca", _authority.ExportCertificatePem()), "--token-file", Write("alice", Token));
        using var without = Client(host.Ports.Single(), null);
        without.DefaultRequestHeaders.Authorization = new("Bearer", Token);
        using var with = Client(host.Ports.Single(), Issue("CN=alice", ForServers));
        with.DefaultRequestHeaders.Authorization = new("Bearer", Token);

        Assert.Equal(HttpStatusCode.OK, (await without.GetAsync("/v1/host", Cancellation)).StatusCode);
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => with.GetAsync("/v1/host", Cancellation));
    }

    [KernelFact]
    public async Task A_handshake_that_is_never_finished_is_not_waited_for()
    {
        await using var host = await StartAsync("--token-file", Write("alice", Token));
        using var silent = new TcpClient("127.0.0.1", host.Ports.Single());
        using var half = new TcpClient("127.0.0.1", host.Ports.Single());
        await half.GetStream().WriteAsync(new byte[] { 22, 3, 1, 2, 0, 1, 0 }, Cancellation);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        patience.CancelAfter(TimeSpan.FromSeconds(40));

        foreach (var client in new[] { silent, half })
        {
            // An alert or nothing, and then the end.
            var left = new MemoryStream();
            await Record.ExceptionAsync(() => client.GetStream().CopyToAsync(left, patience.Token));
            Assert.False(patience.IsCancellationRequested);
            Assert.InRange(left.Length, 0, 100);
        }
    }

    [KernelFact]
    public async Task What_is_wrong_with_the_files_is_said_at_once_and_no_key_is()
    {
        var (certificate, key) = (Write("certificate", _authority.ExportCertificatePem()), Write("key", RSA.Create(2048).ExportPkcs8PrivateKeyPem()));
        File.SetUnixFileMode(key, UnixFileMode.UserRead | UnixFileMode.OtherRead);
        async Task<string> Serve(params string[] arguments)
        {
            var run = await CommandRun.SandboxAsync("", Cancellation, ["serve", "--listen", "127.0.0.1:0", .. arguments]);
            Assert.Equal(2, run.ExitStatus);
            Assert.DoesNotContain("PRIVATE", run.Stderr, StringComparison.Ordinal);
            return run.Stderr;
        }

        var said = await Serve("--tls-certificate", certificate, "--tls-key", key, "--tls-client-ca", Directory + "/none");
        Assert.Contains("its mode lets the group or others have it", said, StringComparison.Ordinal);
        Assert.Contains("/none", said, StringComparison.Ordinal);
        File.SetUnixFileMode(key, UnixFileMode.UserRead);
        Assert.Contains("not the key of the certificate", await Serve("--tls-certificate", certificate, "--tls-key", key), StringComparison.Ordinal);
        Assert.Contains("no certificate in it", await Serve("--tls-certificate", key, "--tls-key", key), StringComparison.Ordinal);
        Assert.Contains("both a certificate and its key", await Serve("--tls-certificate", certificate), StringComparison.Ordinal);
    }

    private Task<ServedHost> StartAsync(params string[] arguments)
    {
        using var own = Issue("CN=127.0.0.1", ForServers);
        return ServedHost.StartAsync(Directory, Cancellation, ["--listen", "127.0.0.1:0", "--tls-certificate", Write("own.crt", own.ExportCertificatePem()), "--tls-key", Write("own.key", own.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem()), .. arguments]);
    }

    private string Write(string name, string content)
    {
        var path = $"{Directory}/{name}";
        File.WriteAllText(path, content);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return path;
    }

    private HttpClient Client(int port, X509Certificate2? certificate) => new(new SocketsHttpHandler
    {
        SslOptions = new SslClientAuthenticationOptions
        {
            // Sent whatever authorities the server names.
            LocalCertificateSelectionCallback = certificate is null ? null : (_, _, _, _, _) => certificate,
            CertificateChainPolicy = new() { TrustMode = X509ChainTrustMode.CustomRootTrust, CustomTrustStore = { _authority }, RevocationMode = X509RevocationMode.NoCheck },
        },
    })
    { BaseAddress = new($"https://127.0.0.1:{port}"), Timeout = TimeSpan.FromSeconds(30) };

    private static X509Certificate2 Authority(string name)
    {
        var request = new CertificateRequest(name, ECDsa.Create(ECCurve.NamedCurves.nistP256), HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-3), DateTimeOffset.UtcNow.AddDays(30));
    }

    private X509Certificate2 Issue(string name, string purpose, DateTimeOffset? from = null, DateTimeOffset? until = null, X509Certificate2? by = null)
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new(purpose)], true));
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        var issuer = by ?? _authority;
        using var issued = request.Create(issuer.SubjectName, X509SignatureGenerator.CreateForECDsa(issuer.GetECDsaPrivateKey()!), from ?? DateTimeOffset.UtcNow.AddDays(-1), until ?? DateTimeOffset.UtcNow.AddDays(1), RandomNumberGenerator.GetBytes(8));
        return issued.CopyWithPrivateKey(key);
    }
}
