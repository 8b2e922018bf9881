using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Sandbox.KernelTests;

/// <summary>Files over HTTPS on the host's loopback, under a name that an authority of its own vouches for.</summary>
internal sealed class TlsFileServer : IDisposable
{
    private readonly Dictionary<string, byte[]> _files = new(StringComparer.Ordinal);
    private readonly X509Certificate2 _certificate;

    public TlsFileServer(string name)
    {
        using var authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var authority = new CertificateRequest("CN=authority of a test", authorityKey, HashAlgorithmName.SHA256);
        authority.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        authority.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        using var issuer = authority.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(2));
        Authority = issuer.ExportCertificatePem();

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        using var signed = request.Create(issuer, DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1), [1, 2, 3, 4]);
        _certificate = signed.CopyWithPrivateKey(key);
        Server = new TestServer((_, connection) => ServeAsync(connection));
    }

    /// <summary>Who vouches for it, as PEM.</summary>
    public string Authority { get; }

    public TestServer Server { get; }

    /// <summary>Shows a file.</summary>
    public void Add(string path, byte[] content) => _files[path] = content;

    /// <summary>Shows all files below a directory.</summary>
    public void AddBelow(string path, string directory)
    {
        foreach (var file in Directory.GetFiles(directory, "*", SearchOption.AllDirectories))
        {
            Add($"{path}/{Path.GetRelativePath(directory, file)}", File.ReadAllBytes(file));
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Server.Dispose();
        _certificate.Dispose();
    }

    private async Task ServeAsync(Socket connection)
    {
        await using var stream = new SslStream(new NetworkStream(connection));
        try
        {
            await stream.AuthenticateAsServerAsync(_certificate);
            using var said = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
            while (await said.ReadLineAsync() is { Length: > 0 } request)
            {
                while (await said.ReadLineAsync() is { Length: > 0 })
                {
                }

                var path = request.Split(' ')[1].Split('?')[0];
                var isThere = _files.TryGetValue(path, out var content);
                var type = path.EndsWith('/') ? "text/html" : "application/octet-stream";
                await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {(isThere ? "200 OK" : "404 Not Found")}\r\nContent-Type: {type}\r\nContent-Length: {content?.Length ?? 0}\r\n\r\n"));
                await stream.WriteAsync(content ?? []);
            }
        }
        catch (Exception failure) when (failure is IOException or System.Security.Authentication.AuthenticationException)
        {
            // The client has gone, or trusts nobody.
        }
    }
}
